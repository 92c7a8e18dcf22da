"""Corpora with a label for every frame: when each frame is shown, and what its label is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cer.media.reader import frame_times

FRAMES = pa.schema([("id", pa.string()), ("frame", pa.int32()), ("time", pa.float64()), ("label", pa.int8())])
_USUAL_RATE = 30.0  # frames a second; for frames beyond a video that shows fewer than two


def laid_out(item: Mapping[str, Any]) -> pa.Table:
    """One row a frame of an item, counted from 0: its time in seconds and the position of its label in the corpus'
    classes, -1 where invalid or not published.

    Annotations may run past the pictures that the container holds: those frames follow at the clip's usual pace.
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
        }
    ).cast(FRAMES)
