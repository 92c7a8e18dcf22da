"""Segments: the 4-second windows in which every modality gives its opinion.

Windows follow Team RAS (arXiv 2507.02205): 4 s long, 2 s apart. Times are seconds from the container's clock.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

WINDOW = 4.0  # seconds
STEP = 2.0  # seconds
SHORTEST = 1.0  # seconds; a shorter tail says too little to be worth a window


@dataclass(frozen=True, slots=True)
class Segment:
    start: float  # seconds, inclusive
    end: float  # seconds, exclusive


def windows(duration: float) -> list[Segment]:
    """Cut `duration` seconds into overlapping segments, one every STEP.

    The last one may be shorter than WINDOW but not than SHORTEST, unless the whole clip is; a clip always has one
    segment.
    """
    starts = [index * STEP for index in range(max(1, math.ceil(duration / STEP)))]
    cut = [Segment(start, min(start + WINDOW, duration)) for start in starts]
    return [segment for index, segment in enumerate(cut) if index == 0 or segment.end - segment.start >= SHORTEST]


def step_of(time: float, rate: float) -> int:
    """The number of the last multiple of 1 / `rate` at or before a time in seconds. A container's time base rounds
    times, so that one which falls short by a millionth of a step counts as reaching it.
    """
    return math.floor(time * rate + 1e-6)


def nearest(segments: Sequence[Segment], time: float) -> int:
    """The number of the segment whose middle is nearest to a time in seconds, the first of equal ones."""
    return int(np.argmin([abs((segment.start + segment.end) / 2 - time) for segment in segments]))


def timeline(segments: Sequence[Segment], values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Lay segment values back onto a time line by averaging the segments that cover each time.

    values: float [S, K], NaN rows are segments without a value. times: seconds [T].
    Returns float32 [T, K]; NaN where no segment with a value covers the time. The last segment covers its end too, so
    that a frame shown at the very end of the clip has a value.
    """
    total = np.zeros((len(times), values.shape[1]))
    count = np.zeros((len(times), 1))
    for index, (segment, value) in enumerate(zip(segments, values, strict=True)):
        if np.isnan(value).any():
            continue
        end = np.inf if index == len(segments) - 1 else segment.end
        inside = (times >= segment.start) & (times < end)
        total[inside] += value
        count[inside] += 1
    with np.errstate(invalid="ignore"):
        return np.asarray(total / count, np.float32)


def stretches(times: Sequence[float], step: float, gap: float = 1.0) -> tuple[tuple[float, float], ...]:
    """Join moments into stretches (start, end) in seconds.

    times: ascending seconds; each stands for the `step` seconds that follow it. gap: seconds without a moment that a
    stretch survives.
    """
    joined: list[list[float]] = []
    for time in times:
        if joined and time - joined[-1][1] <= gap:
            joined[-1][1] = float(time) + step
        else:
            joined.append([float(time), float(time) + step])
    return tuple((start, end) for start, end in joined)
