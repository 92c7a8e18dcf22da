"""The report: one self-contained HTML page."""

from importlib.resources import files

from cer.labels import EMOTIONS
from cer.results.analysis import Analysis
from cer.results.document import document
from cer.results.lanes import STYLE, at_rest, end_of, rows_of
from cer.results.panels import modalities, together
from cer.results.pictures import data_uri
from cer.results.wording import (
    clock,
    compound_word,
    description_words,
    emotion_word,
    modality_word,
    own_labels_line,
    reason_word,
    source_word,
    stated,
)
from cer.words import say, texts_of


def report(analysis: Analysis) -> str:
    """The report as one HTML page with everything inside. All text from the clip is escaped."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["clock"] = clock
    environment.globals |= {
        "say": say,
        "texts_of": texts_of,
        "clock": clock,
        "modality_word": modality_word,
        "stated": stated,
        "emotion_word": emotion_word,
        "compound_word": compound_word,
        "description_words": description_words,
        "reason_word": reason_word,
        "source_word": source_word,
        "parts": _parts,
    }
    end = end_of(analysis)
    template = environment.from_string((files("cer.results") / "report.html.j2").read_text("utf-8"))
    return template.render(
        document=document(analysis),
        statements=analysis.statements,
        own=own_labels_line(analysis),
        charts=[
            (say("report.when"), at_rest("".join(rows_of(analysis, end)), end)),
            (say("result.modalities"), modalities(analysis)),
            (say("result.fused"), together(analysis)),
        ],
        style=STYLE.read_text("utf-8"),
        people=[(person, data_uri(person.thumbnail)) for person in analysis.people[:8] if person.thumbnail.size],
    )


def _parts(contribution: list[float]) -> list[str]:
    """What a source adds, strongest first: "anger +0.21"; parts below 0.01 are left out."""
    ranked = sorted(zip(contribution, EMOTIONS, strict=True), reverse=True)
    return [f"{emotion_word(name)} {value:+.2f}" for value, name in ranked if value >= 0.01]
