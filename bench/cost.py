"""What an archive costs: a model of seconds a clip, fitted to some clips, checked against a run of `cer annotate`.

    python -m bench.cost CLIPS ANNOTATED [--sample 60] [--workers 2 --took SECONDS]

CLIPS is a folder, ANNOTATED what `cer annotate CLIPS` made of it. A sample of the clips is analyzed again on one
processor and timed; the seconds are explained, never below zero, by one a clip, its length, its pixels, how long faces
are in view and how long somebody speaks. With the features of all clips the model foretells the whole run, and archives
of any size.
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from scipy.optimize import nnls

from cer.clips import clips_of

PARTS = ("a clip", "a second", "a megapixel and second", "a second of a face", "a second of speech")
SIMULATED = 2000  # archives that are drawn for an interval


def features(annotated: Path) -> pd.DataFrame:
    """What each clip's cost may depend on, [N, 5], by its id."""
    clips = pq.read_table(annotated / "clips").to_pandas().query("failure.isnull()").set_index("id")
    faces = pq.read_table(annotated / "people").to_pandas().groupby("id")["seconds_visible"].sum()
    words = pq.read_table(annotated / "words").to_pandas()
    speech = (words["end"] - words["start"]).groupby(words["id"]).sum()
    pixels = clips["width"] * clips["height"] / 1e6 * clips["seconds"]
    columns = [pd.Series(1.0, clips.index), clips["seconds"], pixels, faces, speech]
    return pd.concat(columns, axis=1, keys=PARTS).reindex(clips.index).fillna(0.0)


def timed(clips: list[Path]) -> np.ndarray:
    """Seconds that `analyze` takes for each clip, models warm, on one processor."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    from cer.pipeline import analyze  # what it imports counts the processors

    analyze(clips[0])
    seconds = []
    for clip in clips:
        started = time.monotonic()
        analyze(clip)
        seconds.append(time.monotonic() - started)
    return np.array(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("clips", type=Path)
    parser.add_argument("annotated", type=Path)
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--took", type=float, help="seconds that the whole run took with so many workers")
    options = parser.parse_args()
    table = features(options.annotated)
    paths = {path.name: path for path in clips_of([options.clips])}
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(table), min(options.sample, len(table)), replace=False)
    seconds = timed([paths[name] for name in table.index[chosen]])
    values = table.to_numpy()
    cost, _ = nnls(values[chosen], seconds)
    per_clip = values @ cost
    residual = seconds - per_clip[chosen]
    draws = [
        per_clip[rng.integers(0, len(table), len(table))].sum() + rng.choice(residual, len(table)).sum()
        for _ in range(SIMULATED)
    ]
    hours = table["a second"].sum() / 3600
    result = {
        "seconds": dict(zip(PARTS, cost.round(3).tolist(), strict=True)),
        "share_explained": round(1 - float(residual.var() / seconds.var()), 3),
        "foretold_core_seconds": [round(float(value)) for value in np.percentile(draws, [2.5, 50, 97.5])],
        "core_hours_a_million_hours": round(per_clip.sum() / 3600 / hours * 1e6),
    }
    if options.took:
        result["measured_core_seconds"] = round(options.took * options.workers)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
