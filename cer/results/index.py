"""The index of many results: index.html, which links to every report, and summary.csv with a row for each clip."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cer.files import write_whole
from cer.names import printable
from cer.results.document import table_csv
from cer.results.export import document_in
from cer.results.wording import clock
from cer.words import say, texts_of

INDEX, SUMMARY = "index.html", "summary.csv"
COLUMNS = ("clip", "results", "seconds", "state", "confidence", "emotions", "label", "people", "language", "problem")


@dataclass(frozen=True, slots=True)
class Entry:
    """A clip and the folder of its results, by name; problem: why there are none."""

    clip: Path
    folder: str
    problem: str | None = None


def write_index(entries: Sequence[Entry], folder: Path) -> list[Path]:
    """Write both files into the folder that holds the results' folders, and return their paths. Raises OSError."""
    documents = [None if entry.problem else document_in(folder / entry.folder) for entry in entries]
    pairs = list(zip(entries, documents, strict=True))
    contents = {SUMMARY: summary_csv(pairs), INDEX: index_html(pairs)}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        write_whole(content, folder / name)
    return [folder / name for name in contents]


def summary_csv(pairs: Sequence[tuple[Entry, dict[str, Any] | None]]) -> str:
    """A row of COLUMNS for each clip and its document; a clip without a document has its problem only."""
    return table_csv(COLUMNS, [_row(*pair) for pair in pairs])


def _row(entry: Entry, document: dict[str, Any] | None) -> list[Any]:
    start = [printable(str(entry.clip)), entry.folder]
    if document is None:
        return [*start, *[""] * (len(COLUMNS) - 3), entry.problem or ""]
    summary = document["summary"]
    return [
        *start,
        document["clip"]["duration"],
        summary.get("state"),
        summary.get("confidence"),
        "+".join(emotion["emotion"] for emotion in summary.get("emotions", [])),
        summary["label"],
        len(document["people"]),
        document.get("language"),
        "",
    ]


def index_html(pairs: Sequence[tuple[Entry, dict[str, Any] | None]]) -> str:
    """The page. All text from clips is escaped."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"clock": clock, "quote": quote, "printable": printable}
    environment.globals |= {"say": say, "texts_of": texts_of}
    template = environment.from_string((files("cer.results") / "index.html.j2").read_text("utf-8"))
    return template.render(pairs=pairs)
