"""Export: the one list of the files that an Analysis becomes, for a folder or an archive."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from cer.files import write_whole
from cer.results.analysis import Analysis
from cer.results.document import SCHEMA, segments_csv, timeline_csv, to_json
from cer.results.formats import FORMATS
from cer.results.report import report

ANNOTATED = "annotated.mp4"
DOCUMENTS = ("analysis.json", "segments.csv", "timeline.csv", "report.html")
RESULT_FILES = (*DOCUMENTS, ANNOTATED, *(file for file, _ in FORMATS.values()))


def files_of(analysis: Analysis, schema: int = SCHEMA) -> dict[str, str]:
    """Every result file of an Analysis: name -> content. schema: of analysis.json."""
    return {
        "analysis.json": to_json(analysis, schema),
        "segments.csv": segments_csv(analysis),
        "timeline.csv": timeline_csv(analysis),
        "report.html": report(analysis),
    }


def write_files(analysis: Analysis, folder: Path, schema: int = SCHEMA) -> list[Path]:
    """Write the result files into a folder, made if need be, and return their paths. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in files_of(analysis, schema).items():
        paths.append(folder / name)
        write_whole(content, paths[-1])
    return paths


def document_in(folder: Path) -> dict[str, Any] | None:
    """The document that an earlier run left in a folder; None where there is none that can be read."""
    try:
        document = json.loads((folder / "analysis.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def remove_results(folder: Path) -> None:
    """Remove an earlier run's result files, and the folder if nothing else is in it. Raises OSError."""
    if not folder.is_dir():
        return
    for name in RESULT_FILES:
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
