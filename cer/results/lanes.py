"""Lanes: an analysis over time as HTML that follows the colors of the page it stands in (charts.css)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from cer.fusion.open_set import Statement
from cer.labels import COMPOUNDS
from cer.results.analysis import Analysis
from cer.results.colors import EMOTION_COLORS
from cer.results.formats import stated_spans
from cer.results.wording import OUT_OF_VIEW, clock, compound_word, stated
from cer.words import say

STYLE = Path(__file__).with_name("charts.css")  # of lanes and panels

MAX_COLUMNS = 240  # cells of a lane: more are not told apart on a screen
DARKEST = 0.35  # the probability drawn darkest, unless one is stronger
TICKS = 5  # times on a ruler


@dataclass(frozen=True, slots=True)
class Span:
    """Something that lasts from `start` to `end` seconds in a lane. style: CSS; kind: its class."""

    start: float
    end: float
    text: str
    style: str = ""
    kind: str = ""


def rows_of(analysis: Analysis, end: float) -> Iterator[str]:
    """The lanes of one person on a time axis of `end` seconds: what is stated, the seven, words and vocal bursts."""
    yield lane(say("player.shown"), [*_statements(analysis, end), *_away(analysis, end)], end, "stated")
    yield f'<div class="seven">{escape(say("player.seven"))}</div>'
    yield from _compounds(analysis, end)
    if analysis.transcript:
        yield lane(say("player.speech"), _words(analysis), end, "words")
    if analysis.events:
        yield lane(say("player.sounds"), _bursts(analysis), end, "sounds")


def strip(analysis: Analysis) -> str:
    """What is stated over time, as a lane by itself."""
    end = end_of(analysis)
    return f'<div class="lanes bare">{lane("", _statements(analysis, end), end, "stated")}</div>'


def at_rest(parts: str, end: float) -> str:
    """Lanes that nothing moves, below a ruler of `end` seconds."""
    marks = "".join(
        f'<span style="left:{100 * tick / TICKS:.0f}%">{clock(end * tick / TICKS)}</span>' for tick in range(TICKS)
    )
    ruler = f'<div class="ruler lane"><span class="name"></span><div class="track">{marks}</div></div>'
    return f'<div class="lanes still">{ruler}{parts}</div>'


def end_of(analysis: Analysis) -> float:
    """Seconds that the time axis has; the last frame may be shown a little after the duration that the header tells."""
    return max(analysis.clip.duration, float(analysis.times[-1]) + 1e-3)


def lane(name: str, spans: Sequence[Span], end: float, kind: str) -> str:
    """A lane of that name on a time axis of `end` seconds. kind: its class."""
    cells = "".join(
        f'<i class="{span.kind}" style="left:{100 * span.start / end:.3f}%;'
        f'width:{100 * (min(span.end, end) - span.start) / end:.3f}%;{span.style}"'
        f"{f' title={chr(34)}{escape(span.text)}{chr(34)}' if span.text else ''}>{escape(span.text)}</i>"
        for span in spans
    )
    return (
        f'<div class="lane {kind}"><span class="name">{escape(name)}</span>'
        f'<div class="track"><div class="cells">{cells}</div></div></div>'
    )


def _statements(analysis: Analysis, end: float) -> list[Span]:
    """What is stated over time; equal neighbors are one span."""
    spans: list[Span] = []
    for start, stop, statement in stated_spans(analysis):
        text, style = stated(statement), _style(statement)
        first = spans.pop().start if spans and spans[-1].text == text else start
        spans.append(Span(first, min(stop, end), text, style, statement.state))
    return spans


def _away(analysis: Analysis, end: float) -> Iterator[Span]:
    """When the person is out of view: what is stated there rests on the voice and the words, or on the moments around
    it. A clip that ends before the axis does shows nobody missing.
    """
    person, end = analysis.subject, min(end, end_of(analysis))
    edges = [0.0, *(edge for stretch in person.in_view for edge in stretch), end] if person is not None else []
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start > OUT_OF_VIEW:
            yield Span(start, stop, "", kind="away")


def _style(statement: Statement) -> str:
    """The colors of a statement: of its emotion, or of both in the proportion of their salience."""
    colors = [EMOTION_COLORS[name] for name, _ in statement.emotions]
    if not colors:
        return ""
    share = 100 * statement.emotions[0][1]
    return f"--first:{colors[0]};--second:{colors[-1]};--share:{share:.0f}%"


def _compounds(analysis: Analysis, end: float) -> Iterator[str]:
    times, values = columns_of(analysis)
    edges = np.append(times, end_of(analysis))
    darkest = max(DARKEST, float(np.nanmax(values, initial=0)))
    strongest = np.where(np.isnan(values).any(1), -1, np.nan_to_num(values).argmax(1))
    for index, name in enumerate(COMPOUNDS):
        spans: list[Span] = []
        for start, stop, value, top in zip(edges[:-1], edges[1:], values[:, index], strongest, strict=True):
            style, kind = f"--strength:{value / darkest:.3f}", "top" if top == index else ""
            if spans and (spans[-1].end, spans[-1].style, spans[-1].kind) == (start, style, kind):
                spans[-1] = Span(spans[-1].start, stop, "", style, kind)
            elif not np.isnan(value):
                spans.append(Span(start, stop, "", style, kind))
        yield lane(compound_word(name), spans, end, "compound")


def columns_of(analysis: Analysis) -> tuple[np.ndarray, np.ndarray]:
    """Times [C] and means [C, 7] of the time line in at most MAX_COLUMNS columns."""
    groups = np.array_split(np.arange(len(analysis.times)), min(MAX_COLUMNS, len(analysis.times)))
    times = np.array([analysis.times[group[0]] for group in groups])
    times[0] = 0.0
    return times, np.stack([analysis.timeline[group].mean(0) for group in groups])


def _words(analysis: Analysis) -> list[Span]:
    return [Span(sentence.start, sentence.end, sentence.text) for sentence in analysis.transcript]


def _bursts(analysis: Analysis) -> list[Span]:
    return [Span(event.start, event.end, say(f"events.{event.kind}")) for event in analysis.events]
