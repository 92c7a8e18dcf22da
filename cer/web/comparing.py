"""The comparison tab: two clips, or two people of one clip, side by side on one time axis."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import gradio as gr
import numpy as np

from cer.errors import CerError
from cer.fusion.open_set import UNCLEAR
from cer.observation import Observation
from cer.results.analysis import Analysis
from cer.results.lanes import at_rest, end_of, rows_of
from cer.results.pictures import data_uri
from cer.results.wording import verdict
from cer.segments import nearest
from cer.web.progress import Progressed
from cer.web.rate import LIMIT, visitor_of
from cer.web.watching import conclude, part_of, refuse, user_message, watch
from cer.words import say

STEP = 0.5  # seconds between two looks at whether both show the same


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: what it is called, and its analysis."""

    name: str
    analysis: Analysis


def compare(first: str | None, second: str | None, request: gr.Request | None = None) -> Iterator[list[str]]:
    """Progress, and at the end both sides, as HTML. A single clip is compared with itself: its two people who are seen
    longest.
    """
    clips = [clip for clip in (first, second) if clip]
    if not clips:
        raise refuse(say("compare.none"))
    LIMIT.admit(visitor_of(request), len(clips))
    progress = Progressed()
    try:
        observations: list[Observation] = []
        for number, clip in enumerate(clips):
            for observed in watch(clip, part_of(progress.tell, number, len(clips))):
                if isinstance(observed, Observation):
                    observations.append(observed)
                else:
                    yield [progress.html(), ""]
        yield ["", side_by_side(sides(observations))]
    except Exception as error:
        raise user_message(error) from error


def sides(observations: Sequence[Observation]) -> tuple[Side, Side]:
    """Both sides of two observations, or of the two people of one. Raises CerError when there is only one person."""
    if len(observations) == 2:
        first, second = (conclude(observed) for observed in observations)
        return Side(first.clip.name, first), Side(second.clip.name, second)
    people = observations[0].people_by_screen_time()
    if len(people) < 2:
        raise CerError(say("compare.alone"))
    first, second = (conclude(observations[0], person.id) for person in people[:2])
    names = [say("report.person", id=person.id) for person in people[:2]]
    return Side(names[0], first), Side(names[1], second)


def side_by_side(both: tuple[Side, Side]) -> str:
    """Both sides below each other on one time axis, and how much of their common time they show the same."""
    end = max(end_of(side.analysis) for side in both)
    share = agreement(both[0].analysis, both[1].analysis)
    line = say("compare.agree", share=f"{100 * share:.0f}") if share is not None else say("compare.apart")
    parts = "".join(
        f'<section class="side">{_head(side)}{"".join(rows_of(side.analysis, end))}</section>' for side in both
    )
    return f'<p class="agreement">{escape(line)}</p>{at_rest(parts, end)}'


def _head(side: Side) -> str:
    shown = side.analysis.subject
    face = f'<img src="{data_uri(shown.thumbnail)}" alt="">' if shown else ""
    return f"<header>{face}<h4>{escape(side.name)}</h4><p>{escape(verdict(side.analysis))}</p></header>"


def agreement(first: Analysis, second: Analysis) -> float | None:
    """The share of the moments at which something is stated about both that the same is stated, in [0, 1]; None where
    there is no such moment.
    """
    times = np.arange(STEP / 2, min(end_of(first), end_of(second)), STEP)
    pairs = [(_at(first, time), _at(second, time)) for time in times]
    clear = [pair for pair in pairs if None not in pair]
    return sum(left == right for left, right in clear) / len(clear) if clear else None


def _at(analysis: Analysis, time: float) -> tuple[str, frozenset[str]] | None:
    """What is stated around a time, whatever the order of a blend; None where it is unclear."""
    statement = analysis.statements[nearest(analysis.segments, time)]
    if statement.state == UNCLEAR:
        return None
    return statement.state, frozenset(name for name, _ in statement.emotions)
