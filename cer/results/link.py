"""A result as the end of an address: what every modality said, in numbers. No image, no word, no name of a clip.

Whoever opens the link concludes from these numbers anew, by the rules of fusion of that day; `rules` tells whether they
are the same. A server that passes the address on need not store anything.
"""

import base64
import json
import zlib
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import Any

import numpy as np

from cer.errors import CerError
from cer.fusion.decision import Decision, decision
from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.media.clip import MAX_DURATION, Clip
from cer.modalities.base import SOURCES, Prediction
from cer.perception.evidence import FRAME_RATE
from cer.perception.speaking import OFF_SCREEN
from cer.results.analysis import Analysis, Person
from cer.results.witnesses import supported
from cer.segments import timeline, windows
from cer.words import texts_of

VERSION = 2
LEVELS = 4095  # of a probability: two that are nearly equal stay in their order
MAX_LINK = 60_000  # characters; browsers take more, but nobody sends more
MAX_BYTES = 1_000_000  # of what a link holds, unpacked: six hours fit
NAME = "link"  # in place of the clip's


def to_link(analysis: Analysis) -> str:
    """The numbers of an analysis in letters, digits, "-" and "_". Raises CerError when they are too many for a link."""
    predictions = [analysis.predictions[name] for name in MODALITIES]
    present = np.stack([prediction.present for prediction in predictions], 1)
    direct = next((prediction.compounds for prediction in predictions if prediction.compounds is not None), None)
    head = {
        "version": VERSION,
        "rules": _rules(decision()),
        "end": analysis.segments[-1].end,
        "duration": analysis.clip.duration,
        "profile": analysis.profile,
        "sources": [SOURCES.index(analysis.sources[name]) for name in MODALITIES],
        "reasons": [next(filter(None, prediction.reasons), None) for prediction in predictions],
        "person": analysis.person,
        "people": [(each.id, each.in_view) for each in analysis.people],
        "speakers": list(analysis.speakers),
        "warnings": list(analysis.warnings),
        "direct": direct is not None,
    }
    parts = [
        json.dumps(head, separators=(",", ":")).encode(),
        b"\0",
        np.packbits(present).tobytes(),
        _levels(analysis.outcome.quality),
        _levels(np.stack([prediction.probabilities for prediction in predictions], 1)[present]),
        *_with_gaps(analysis.pfsa),
        *(_with_gaps(direct) if direct is not None else ()),
    ]
    link = _letters(zlib.compress(b"".join(parts), 9))
    if len(link) > MAX_LINK:
        raise CerError("This result is too long for a link. Share the report instead.")
    return link


def from_link(link: str) -> Analysis:
    """The analysis that a link holds, concluded anew. Raises CerError for what is no link of ours."""
    try:
        return _analysis(_unpacked(link))
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError, zlib.error) as error:
        raise CerError("This link is incomplete or was changed on the way. Ask for it again.") from error


def same_rules(link: str) -> bool:
    """Whether a link that `from_link` reads was made by the rules of fusion that are at work now."""
    return bool(json.loads(_unpacked(link).split(b"\0", 1)[0])["rules"] == _rules(decision()))


def _rules(rules: Decision) -> str:
    return str(rules.checkpoint.sha256)[:8] + str(rules.open_set_checkpoint.sha256)[:8]


def _unpacked(link: str) -> bytes:
    if len(link) > MAX_LINK:
        raise ValueError("too long")
    packed, unpacking = base64.urlsafe_b64decode(link + "=" * (-len(link) % 4)), zlib.decompressobj()
    content = unpacking.decompress(packed, MAX_BYTES)
    if not unpacking.eof or unpacking.unused_data or _letters(packed) != link:
        raise ValueError("cut off, larger than any result, or with something else in it")
    return content


def _letters(packed: bytes) -> str:
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _analysis(content: bytes) -> Analysis:
    written, body = content.split(b"\0", 1)
    head = json.loads(written)
    if head["version"] != VERSION or not 0 < head["end"] <= MAX_DURATION or not 0 <= head["duration"] < inf:
        raise ValueError("another version, or no clip's length")
    segments, rest = windows(float(head["end"])), _Bytes(body)
    shape = (len(segments), len(MODALITIES))
    present = rest.bits(shape)
    quality = np.maximum(rest.levels(shape), 1 / LEVELS)
    probabilities = np.full((*shape, len(EMOTIONS)), np.nan, np.float32)
    probabilities[present] = _distributions(rest.levels((int(present.sum()), len(EMOTIONS))))
    similar = rest.with_gaps(len(segments))
    direct = rest.with_gaps(len(segments)) if head["direct"] else None
    rest.end()
    rules = decision()
    alone = np.where(present[..., None], similar[:, None], np.nan)  # each alone says what they say together
    outcome = rules.decide(probabilities, present, alone, quality, direct=direct)
    statement, statements = rules.statements(outcome)
    times = np.arange(0, segments[-1].end, 1 / FRAME_RATE)
    analysis = Analysis(
        clip=Clip(Path(NAME), NAME, float(head["duration"]), FRAME_RATE, 0, 0, False, False, 0),
        profile=str(head["profile"])[:20],
        segments=segments,
        predictions={
            name: _prediction(probabilities[:, column], present[:, column], quality[:, column], reason)
            for column, (name, reason) in enumerate(zip(MODALITIES, head["reasons"], strict=True))
        },
        sources={name: SOURCES[index] for name, index in zip(MODALITIES, head["sources"], strict=True)},
        outcome=outcome,
        statements=statements,
        statement=statement,
        times=times,
        timeline=timeline(segments, outcome.compound, times),
        person=_person(head["person"]),
        people=tuple(_someone(number, stretches, segments[-1].end) for number, stretches in head["people"]),
        models=(),
        timings={},
        speakers=_speakers(head["speakers"], len(segments)),
        warnings=tuple(text for text in head["warnings"] if text in texts_of("reasons")),
    )
    return supported(analysis)


def _prediction(values: np.ndarray, present: np.ndarray, quality: np.ndarray, reason: Any) -> Prediction:
    """Only a sentence of ours is passed on: whoever makes a link must not put words into the page."""
    why = reason if reason in texts_of("reasons") else ""
    return Prediction(values, present, None, tuple(None if there else why for there in present), (), quality)


def _person(value: Any) -> int | None:
    return None if value is None else int(value)


def _someone(number: Any, in_view: Sequence[Any], end: float) -> Person:
    """A person without an image."""
    stretches = tuple((float(start), float(stop)) for start, stop in in_view)
    if not all(0 <= start <= stop <= end + 1 for start, stop in stretches):
        raise ValueError("times outside of the clip")
    seconds = sum(stop - start for start, stop in stretches)
    first = stretches[0][0] if stretches else 0.0
    return Person(int(number), seconds, first, np.zeros((0, 0, 3), np.uint8), stretches)


def _speakers(values: Sequence[Any], count: int) -> tuple[int | str | None, ...]:
    if len(values) not in (0, count):
        raise ValueError("as many speakers as segments")
    return tuple(OFF_SCREEN if value == OFF_SCREEN else _person(value) for value in values)


def _levels(values: np.ndarray) -> bytes:
    """Two bytes a value; first all the low ones, then the high ones, which pack well."""
    return np.round(values * LEVELS).astype("<u2").view(np.uint8).reshape(-1, 2).T.tobytes()


def _with_gaps(values: np.ndarray) -> tuple[bytes, bytes]:
    """Which rows of [S, 7] are there, and those."""
    there = ~np.isnan(values).any(1)
    return np.packbits(there).tobytes(), _levels(values[there])


def _distributions(values: np.ndarray) -> np.ndarray:
    """Rows that sum to one again. Raises ValueError for a row of zeros."""
    total = values.sum(1, keepdims=True)
    if not total.all():
        raise ValueError("no distribution")
    return np.asarray(values / total, np.float32)


class _Bytes:
    """Reads arrays one after the other. Raises ValueError where there are too few bytes, or too many at the end."""

    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def _next(self, count: int) -> np.ndarray:
        part = np.frombuffer(self._content, np.uint8, count, self._at)
        self._at += count
        return part

    def bits(self, shape: tuple[int, ...]) -> np.ndarray:
        count = int(np.prod(shape))
        return np.unpackbits(self._next(-(-count // 8)), count=count).astype(bool).reshape(shape)

    def levels(self, shape: tuple[int, ...]) -> np.ndarray:
        low, high = self._next(2 * int(np.prod(shape))).reshape(2, -1).astype(np.uint16)
        values = low + 256 * high
        if (values > LEVELS).any():
            raise ValueError("more than certain")
        return np.asarray(values.reshape(shape) / LEVELS, np.float32)

    def with_gaps(self, rows: int) -> np.ndarray:
        values = np.full((rows, len(COMPOUNDS)), np.nan, np.float32)
        there = self.bits((rows,))
        values[there] = _distributions(self.levels((int(there.sum()), len(COMPOUNDS))))
        return values

    def end(self) -> None:
        if self._at != len(self._content):
            raise ValueError("more than a result")
