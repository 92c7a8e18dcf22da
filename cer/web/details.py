"""What the page shows of an Analysis beside lanes and panels: curves, a table of segments, and faces to choose from."""

from html import escape

import numpy as np
import pandas as pd

from cer.labels import COMPOUNDS
from cer.results.analysis import Analysis
from cer.results.document import document
from cer.results.lanes import columns_of
from cer.results.pictures import data_uri
from cer.results.wording import (
    clock,
    compound_word,
    description_words,
    modality_word,
    person_choice,
    reason_word,
    stated,
)
from cer.words import say, texts_of


def curves(analysis: Analysis) -> pd.DataFrame:
    """The time line as rows for a native line plot: seconds, probability, expression."""
    times, values = columns_of(analysis)
    valid = ~np.isnan(values).any(1)
    return pd.DataFrame(
        {
            "seconds": np.repeat(times[valid], len(COMPOUNDS)).round(2),
            "probability": values[valid].ravel().round(4),
            "expression": [compound_word(name) for name in COMPOUNDS] * int(valid.sum()),
        }
    )


def segments_table(analysis: Analysis) -> str:
    """The segments as a table: from, what is stated, the challenge's label, words, description, what is absent."""
    rows = []
    for segment, statement in zip(document(analysis)["segments"], analysis.statements, strict=True):
        missing = [
            f"{modality_word(name)}: {reason_word(part['reason'])}"
            for name, part in segment["modalities"].items()
            if not part["present"]
        ]
        label = compound_word(segment["label"]) if segment["label"] else ""
        bursts = _bursts(analysis, segment["start"], segment["end"])
        cells = [
            clock(segment["start"]),
            stated(statement),
            label,
            " ".join([segment["transcript"], *bursts]).strip(),
            description_words(segment["caption"]),
            "; ".join(missing),
        ]
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in texts_of("result.columns"))
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(say("result.segments"))}">'
        f'<table class="said"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _bursts(analysis: Analysis, start: float, end: float) -> list[str]:
    """The vocal bursts between two times: "(laughs)"."""
    return [f"({say(f'events.{event.kind}')})" for event in analysis.events if event.start < end and event.end > start]


def faces(analysis: Analysis) -> str:
    """An image of each person, to choose one by; people.js says which."""
    images = []
    for person in (each for each in analysis.people if each.thumbnail.size):
        name = escape(person_choice(person))
        pressed = "true" if person.id == analysis.person else "false"
        images.append(
            f'<button type="button" data-person="{person.id}" aria-pressed="{pressed}">'
            f'<img src="{data_uri(person.thumbnail)}" alt=""><span>{name}</span></button>'
        )
    title = f"<h4>{escape(say('clip.people'))}</h4>"
    return f'{title}<div class="faces">{"".join(images)}</div>' if images else ""
