"""The player: lanes over time under the clip, and a table of what each source shows now. player.js moves them."""

import json
from html import escape
from typing import Any

import numpy as np

from cer.labels import EMOTIONS, MODALITIES
from cer.modalities.base import SOURCES
from cer.results.analysis import Analysis
from cer.results.colors import EMOTION_COLORS
from cer.results.lanes import TICKS, Span, end_of, lane, rows_of
from cer.results.witnesses import Witness, witnesses
from cer.results.wording import (
    emotion_word,
    modality_word,
    reason_word,
    source_word,
    with_certainty,
)
from cer.words import say

MAX_PEOPLE = 4  # lanes of people, those seen longest
DIGITS = 4


def lanes(analysis: Analysis) -> str:
    """The lanes: what is stated, the challenge's seven, words and vocal bursts, and who is in view. A slider for the
    keyboard and screen readers; `data-player` is what player.js needs.
    """
    end = end_of(analysis)
    rows = list(rows_of(analysis, end))
    for person in analysis.people[:MAX_PEOPLE]:
        chosen = "chosen" if person.id == analysis.person and len(analysis.people) > 1 else ""
        spans = [Span(start, stop, "", kind=chosen) for start, stop in person.in_view]
        rows.append(lane(say("report.person", id=person.id), spans, end, "person"))
    ticks = "<span></span>" * TICKS  # player.js says when
    switch = f'<label><input type="checkbox" class="overlay-switch" checked> {escape(say("player.overlay"))}</label>'
    return (
        f'<div class="lanes" role="slider" tabindex="0" aria-label="{escape(say("player.label"))}" aria-valuemin="0" '
        f'aria-valuemax="{end:.2f}" aria-valuenow="0" aria-valuetext="0:00" '
        f'data-player="{escape(json.dumps(player_data(analysis)))}">'
        f'<div class="ruler lane"><span class="name"></span><div class="track">{_cuts(analysis, end)}{ticks}</div>'
        "</div>"
        f"{''.join(rows)}"
        '<div class="over"><div class="selection"></div><div class="cursor"></div></div></div>'
        '<div class="tools">'
        f"{switch if len(analysis.boxes) else ''}"
        f'<button type="button" class="whole" hidden>{escape(say("player.whole"))}</button>'
        f"<span>{escape(say('player.help'))}</span></div>"
    )


def table(analysis: Analysis) -> str:
    """The basic emotions, fused and by source, of the whole clip; player.js puts in what holds at a moment."""
    present, columns = _by_source(analysis), _columns(analysis)
    heads = "".join(_source_head(analysis, source, present.get(source)) for source in columns)
    fused = analysis.basic
    rows = []
    for index, name in enumerate(EMOTIONS):
        cells = _cell(None if fused is None else fused[index])
        cells += "".join(_cell(present[s].probabilities[index] if s in present else None) for s in columns)
        rows.append(f'<tr style="--ink:{EMOTION_COLORS[name]}"><th scope="row">{escape(_short(name))}</th>{cells}</tr>')
    return (
        f'<table class="now"><caption><b class="moment">{escape(say("result.whole"))}</b> '
        f'<span class="says">{escape(with_certainty(analysis.statement))}</span></caption>'
        f'<thead><tr><td></td><th scope="col">{escape(say("player.together"))}</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def player_data(analysis: Analysis) -> dict[str, Any]:
    """What player.js draws from: numbers and words, no image.

    Everything with one entry per segment is valid around the middle of the segment.
    """
    columns, person = _columns(analysis), analysis.person
    by_row = [_by_source(analysis, row) for row in range(len(analysis.segments))]
    return {
        "end": round(end_of(analysis), 3),
        "starts": [round(segment.start, 3) for segment in analysis.segments],
        "middles": [round((segment.start + segment.end) / 2, 3) for segment in analysis.segments],
        "says": [with_certainty(statement) for statement in analysis.statements],
        "fused": [_rounded(row) for row in analysis.fused],
        "sources": [
            {
                "name": source,
                "probabilities": [_rounded(row[source].probabilities if source in row else None) for row in by_row],
                "share": [round(_share(row.get(source)), DIGITS) for row in by_row],
            }
            for source in columns
        ],
        "whole": _whole(analysis, columns),
        "person": "" if person is None else say("report.person", id=person),
        "boxes": [[round(float(value), 3) for value in box] for box in analysis.boxes],
    }


def _whole(analysis: Analysis, columns: list[str]) -> dict[str, Any]:
    present = _by_source(analysis)
    values = [_rounded(present[source].probabilities if source in present else None) for source in columns]
    shares = [round(_share(present.get(source)), DIGITS) for source in columns]
    return {
        "name": say("result.whole"),
        "says": with_certainty(analysis.statement),
        "fused": _rounded(analysis.basic),
        "sources": list(zip(values, shares, strict=True)),
    }


def _columns(analysis: Analysis) -> list[str]:
    """The sources that the profile has."""
    return [source for source in SOURCES if source in analysis.sources.values()]


def _by_source(analysis: Analysis, row: int | None = None) -> dict[str, Witness]:
    return {witness.source: witness for witness in witnesses(analysis, row)}


def _rounded(values: np.ndarray | None) -> list[float] | None:
    return None if values is None or np.isnan(values).any() else [round(float(value), DIGITS) for value in values]


def _share(witness: Witness | None) -> float:
    return 0.0 if witness is None or np.isnan(witness.contribution).any() else float(witness.contribution.sum())


def _source_head(analysis: Analysis, source: str, witness: Witness | None) -> str:
    name = say(f"columns.{source.replace(' ', '_')}")
    if witness is None:
        first = next(modality for modality in MODALITIES if analysis.sources[modality] == source)
        reason = say("result.absent", reason=reason_word(analysis.mean_prediction(first)[1]))
        return f'<th scope="col" class="absent">{escape(name)}<small>{escape(reason)}</small></th>'
    names = ", ".join(modality_word(modality) for modality in witness.modalities)
    share = say("player.share", share=round(100 * _share(witness)))
    title = f"{source_word(source)}: {names}"
    return f'<th scope="col" data-source="{source}" title="{escape(title)}">{escape(name)}<small>{share}</small></th>'


def _short(emotion: str) -> str:
    return say("player.other") if emotion == "Other" else emotion_word(emotion)


def _cell(value: float | None) -> str:
    if value is None or np.isnan(value):
        return "<td></td>"
    return f'<td><b style="width:{100 * value:.1f}%"></b><span>{100 * value:.0f}</span></td>'


def _cuts(analysis: Analysis, end: float) -> str:
    """Marks on the ruler where a new shot begins."""
    name = escape(say("player.cut"))
    marks = "".join(f'<i title="{name}" style="left:{100 * time / end:.3f}%"></i>' for time in analysis.cuts)
    return f'<div class="cells">{marks}</div>'
