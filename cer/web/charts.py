"""Charts of an Analysis as HTML that follows the page's colors, works with a keyboard and is read aloud as text."""

from html import escape

import numpy as np
import pandas as pd

from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.results.analysis import Analysis, mean_of_known
from cer.results.document import document
from cer.results.figures import data_uri
from cer.results.witnesses import witnesses
from cer.results.wording import (
    clock,
    compound_word,
    description_words,
    emotion_word,
    modality_word,
    person_choice,
    reason_word,
    source_word,
    stated,
)
from cer.web.player import columns_of
from cer.words import say, texts_of


def _decider(names: list[str]) -> str:
    """Of the models behind a modality the one to show: the last of ours, else the last."""
    return next((name for name in reversed(names) if name.startswith("CER ")), names[-1] if names else "")


def _bars(
    title: str, names: tuple[str, ...] | list[str], values: np.ndarray | None, missing: str = "", below: str = ""
) -> str:
    head = f'<section class="panel{"" if values is not None else " absent"}"><h4>{escape(title)}</h4>'
    if values is None:
        return f"{head}<p>{escape(missing)}</p></section>"
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td><b style="width:{100 * float(value):.1f}%"></b></td>'
        f"<td>{100 * float(value):.0f} %</td></tr>"
        for name, value in zip(names, values, strict=True)
    )
    note = f"<small>{escape(below)}</small>" if below else ""
    return f"{head}<table><tbody>{rows}</tbody></table>{note}</section>"


def modalities(analysis: Analysis, row: int | None = None) -> str:
    """Six panels: the basic emotions each modality sees in segment `row`, or in the clip; grey with the reason where
    absent.
    """
    panels = []
    for name in MODALITIES:
        values, reason = analysis.mean_prediction(name, row)
        model = _decider([model.name for model in analysis.models if model.modality == name])
        missing = say("result.absent", reason=reason_word(reason))
        panels.append(_bars(modality_word(name), [emotion_word(e) for e in EMOTIONS], values, missing, model))
    return f'<div class="panels">{"".join(panels)}</div>'


def sources(analysis: Analysis, row: int | None = None) -> str:
    """A panel for each source: what it adds to every fused emotion in segment `row`, or in the clip."""
    panels = [
        _bars(
            say("result.adds", source=source_word(witness.source)),
            [emotion_word(name) for name in EMOTIONS],
            witness.contribution,
            below=say("result.quality", quality=witness.quality),
        )
        for witness in witnesses(analysis, row)
    ]
    return f'<div class="panels">{"".join(panels)}</div>' if panels else ""


def fusion(analysis: Analysis, row: int | None = None) -> str:
    """What each source adds, the fused basic emotions, the compound expressions, what PPA and PFSA say by themselves,
    and the weight of each modality.
    """
    fused = analysis.basic if row is None else analysis.fused[row]
    compound = analysis.overall if row is None else analysis.compound[row]
    weights = analysis.weights.mean(0) if row is None else analysis.weights[row]
    nothing = fused is None or bool(np.isnan(fused).any())
    names = [compound_word(name) for name in COMPOUNDS]
    both = [(say("result.ppa"), analysis.ppa), (say("result.pfsa"), analysis.pfsa)]
    views = [_bars(title, names, _of(values, row), say("result.nothing")) for title, values in both]
    panels = [
        _bars(
            say("result.basic"),
            [emotion_word(name) for name in EMOTIONS],
            None if nothing else fused,
            say("result.nothing"),
        ),
        _bars(
            say("result.compound"),
            names,
            None if nothing else compound,
            say("result.nothing"),
        ),
        *views,
        _bars(
            say("result.weights"),
            [modality_word(name) for name in MODALITIES],
            None if nothing else weights,
            say("result.nothing"),
            say("result.weights_about"),
        ),
    ]
    return f'{sources(analysis, row)}<div class="panels">{"".join(panels)}</div>'


def _of(values: np.ndarray, row: int | None) -> np.ndarray | None:
    """Row `row` of values [S, 7], or the mean of the known rows; None where it is not known."""
    part = mean_of_known(values) if row is None else values[row]
    return None if part is None or np.isnan(part).any() else part


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
