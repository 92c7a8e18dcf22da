"""Corpora with a label for every frame: when each frame is shown, and what its label is."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cer.media.reader import frame_times

FRAMES = pa.schema(
    [
        ("id", pa.string()),
        ("frame", pa.int32()),
        ("time", pa.float64()),
        ("label", pa.int8()),
        ("decoded", pa.bool_()),  # whether the video has that frame, or only the annotation
    ]
)
MORE_LABELS = "more labels than decoded frames: the frames beyond follow at the clip's usual pace"
FEWER_LABELS = "fewer labels than decoded frames: the frames beyond have no label and do not count"
_USUAL_RATE = 30.0  # frames a second; for frames beyond a video that shows fewer than two


def laid_out(item: Mapping[str, Any]) -> pa.Table:
    """One row a frame of an item, counted from 0: its time in seconds and the position of its label in the corpus'
    classes, -1 where invalid or not published.

    Frames are those that can be decoded. Annotations may run past them: their frames follow at the clip's usual pace.
    They may end before: the frames after them have no label. `disagreements` counts both.
    """
    times = frame_times(Path(item["video"]))
    labels = np.asarray(item["frames"], np.int8)
    count = max(len(times), len(labels))
    pace = float(np.median(np.diff(times))) if len(times) > 1 else 1 / _USUAL_RATE
    more = (times[-1] if len(times) else -pace) + pace * np.arange(1, count - len(times) + 1)
    return pa.table(
        {
            "id": np.full(count, item["id"]),
            "frame": np.arange(count),
            "time": np.concatenate([times, more]),
            "label": np.concatenate([labels, np.full(count - len(labels), -1)]),
            "decoded": np.arange(count) < len(times),
        }
    ).cast(FRAMES)


def disagreements(frames: pa.Table, items: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many items have more or fewer labels than frames, by the rule that was applied to them. Items of which the
    corpus publishes no labels have neither.
    """
    decoded = Counter(frames.filter(frames["decoded"])["id"].to_pylist())
    rules: Counter[str] = Counter()
    for item in items:
        if item["id"] in decoded and item["frames"] and len(item["frames"]) != decoded[item["id"]]:
            rules[MORE_LABELS if len(item["frames"]) > decoded[item["id"]] else FEWER_LABELS] += 1
    return dict(rules)
