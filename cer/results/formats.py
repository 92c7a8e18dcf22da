"""Formats: a result for other tools, on request: subtitles (SRT, WebVTT), ELAN, Praat, and an image of the time line.

Annotators get one tier for what is stated, one for the words, one for vocal bursts, and one for each person in view.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from cer.errors import CerError
from cer.files import write_whole
from cer.fusion.open_set import Statement
from cer.results.analysis import Analysis
from cer.results.wording import with_certainty
from cer.words import say

Interval = tuple[float, float, str]  # start and end in seconds, and what holds between them
MIN_LENGTH = 0.001  # seconds; ELAN counts in milliseconds


def stated_spans(analysis: Analysis) -> list[tuple[float, float, Statement]]:
    """Start and end in seconds of each segment's statement: half way to the middles of its neighbors, so that the
    spans share out the clip.
    """
    end = max(analysis.clip.duration, analysis.segments[-1].end)
    middles = [(segment.start + segment.end) / 2 for segment in analysis.segments]
    edges = [0.0, *((a + b) / 2 for a, b in pairwise(middles)), end]
    return list(zip(edges[:-1], edges[1:], analysis.statements, strict=True))


def tiers(analysis: Analysis) -> dict[str, list[Interval]]:
    """Intervals by the name of their tier, in order of time, none overlapping another of its tier."""
    stated: list[Interval] = []
    for start, end, statement in stated_spans(analysis):
        text = with_certainty(statement)
        first = stated.pop()[0] if stated and stated[-1][2] == text else start
        stated.append((first, end, text))
    words = [(sentence.start, sentence.end, sentence.text) for sentence in analysis.transcript]
    bursts = [(event.start, event.end, say(f"events.{event.kind}")) for event in analysis.events]
    named = {say("player.shown"): stated, say("player.speech"): words, say("player.sounds"): bursts}
    for person in analysis.people:
        name = say("report.person", id=person.id)
        named[name] = [(start, end, name) for start, end in person.in_view]
    end = stated[-1][1]
    return {name: list(_apart(intervals, end)) for name, intervals in named.items() if intervals}


def _apart(intervals: Sequence[Interval], end: float) -> Iterator[Interval]:
    """Intervals that neither overlap nor leave [0, end]."""
    last = 0.0
    for begin, stop, text in sorted(intervals):
        if min(stop, end) - max(begin, last) >= MIN_LENGTH:
            yield max(begin, last), min(stop, end), text
            last = min(stop, end)


def srt(analysis: Analysis) -> str:
    """SubRip subtitles: the words, and below them what is stated."""
    return "".join(
        f"{number}\n{_stamp(start, ',')} --> {_stamp(end, ',')}\n{text}\n\n"
        for number, (start, end, text) in enumerate(_lines(analysis), 1)
    )


def vtt(analysis: Analysis) -> str:
    """WebVTT subtitles: the words, and below them what is stated."""
    blocks = [
        f"{_stamp(start, '.')} --> {_stamp(end, '.')}\n{text.replace('&', '&amp;').replace('<', '&lt;')}\n"
        for start, end, text in _lines(analysis)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _lines(analysis: Analysis) -> Iterator[Interval]:
    """What is stated, cut where a sentence begins or ends, with that sentence above it."""
    named = tiers(analysis)
    words = named.get(say("player.speech"), [])
    stated = named[say("player.shown")]
    moments = sorted({moment for start, end, _ in (*stated, *words) for moment in (start, end)})
    for start, end in pairwise(moments):
        middle = (start + end) / 2
        texts = [text for a, b, text in (*words, *stated) if a <= middle < b]
        if texts and end - start >= MIN_LENGTH:
            yield start, end, "\n".join(" ".join(text.split()) for text in texts)


def _stamp(seconds: float, point: str) -> str:
    whole = round(1000 * seconds)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02}{point}{whole % 1000:03}"


def _elan(analysis: Analysis, path: Path) -> None:
    from pympi import Eaf

    file = Eaf(author=f"CER {analysis.profile}")
    file.remove_tier("default")
    file.add_linked_file(analysis.clip.name, relpath=f"./{analysis.clip.name}", mimetype="video/mp4")
    for name, intervals in tiers(analysis).items():
        file.add_tier(name)
        for start, end, text in intervals:
            file.add_annotation(name, round(1000 * start), max(round(1000 * end), round(1000 * start) + 1), text)
    file.to_file(str(path))


def _praat(analysis: Analysis, path: Path) -> None:
    from pympi import TextGrid

    named = tiers(analysis)
    file = TextGrid(xmax=named[say("player.shown")][-1][1])
    for name, intervals in named.items():
        tier = file.add_tier(name)
        for start, end, text in intervals:
            tier.add_interval(start, end, " ".join(text.split()))
    file.to_file(str(path))


def _image(analysis: Analysis, path: Path) -> None:
    from cer.results import figures

    Image.fromarray(figures.png(figures.timeline(analysis), dpi=150)).save(path)


FORMATS: dict[str, tuple[str, Callable[[Analysis, Path], None]]] = {
    "srt": ("subtitles.srt", lambda analysis, path: write_whole(srt(analysis), path)),
    "vtt": ("subtitles.vtt", lambda analysis, path: write_whole(vtt(analysis), path)),
    "eaf": ("annotations.eaf", _elan),
    "textgrid": ("annotations.TextGrid", _praat),
    "png": ("timeline.png", _image),
}
"""Name of a format -> name of its file, and what writes it."""


def chosen_formats(names: str) -> tuple[str, ...]:
    """The formats in "srt,eaf". Raises CerError for one that does not exist."""
    wanted = tuple(name.strip().lower() for name in names.split(",") if name.strip())
    for name in wanted:
        if name not in FORMATS:
            raise CerError(f"format {name!r} does not exist; there is: {', '.join(FORMATS)}.")
    return wanted


def write_formats(analysis: Analysis, folder: Path, names: Sequence[str] = tuple(FORMATS)) -> list[Path]:
    """Write a result in these formats into a folder that exists, each file whole or not at all; returns the paths.

    Raises:
        OSError: The folder cannot be written.
    """
    paths = []
    with TemporaryDirectory(prefix=".cer-", dir=folder) as private:  # beside its place, so that it can be moved
        for name in names:
            file, write = FORMATS[name]
            write(analysis, Path(private) / file)
            paths.append((Path(private) / file).replace(folder / file))
    return paths
