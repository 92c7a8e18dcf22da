from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from cer.corpora import corpus
from cer.media.reader import frame_times
from cer.segments import Segment, timeline
from eval.frames import FEWER_LABELS, MORE_LABELS, disagreements, laid_out
from eval.tables import table_of
from eval.targets import targets_of


def test_more_or_fewer_labels_than_frames_are_laid_out_by_a_rule_that_is_said(two_faces: Path) -> None:
    times = frame_times(two_faces)
    result = laid_out({"id": "a", "video": str(two_faces), "frames": [1] * (len(times) + 2)})
    assert result["time"].to_numpy()[: len(times)] == pytest.approx(times)
    assert np.diff(result["time"].to_numpy()[-3:]) == pytest.approx([np.median(np.diff(times))] * 2)
    more = {"id": "a", "video": str(two_faces), "frames": [1] * (len(times) + 2)}
    assert disagreements(result, [more]) == {MORE_LABELS: 1}
    short = laid_out({"id": "a", "video": str(two_faces), "frames": [1]})
    assert disagreements(short, [{**more, "frames": [1]}]) == {FEWER_LABELS: 1}
    assert disagreements(short, [{**more, "frames": [1] * len(times)}, {**more, "frames": []}]) == {}
    assert short["label"].to_pylist() == [1] + [-1] * (len(times) - 1)


def test_frame_averaging_agrees_with_a_plain_loop_and_with_the_time_line() -> None:
    """Two clips; the second one's middle is covered by a segment without a value only."""
    rng = np.random.default_rng(0)
    spans = {"a": [(0.0, 4.0), (2.0, 6.0), (4.0, 7.3)], "b": [(0.0, 4.0), (4.0, 8.0), (8.0, 9.5)]}
    rows = [{"id": name, "start": s, "end": e} for name in spans for s, e in spans[name]]
    values = rng.dirichlet(np.ones(7), len(rows)).astype(np.float32)
    values[4] = np.nan
    times = {"a": np.arange(0, 7.5, 0.13), "b": np.arange(0, 9.6, 0.21)}
    labels = {name: rng.integers(-1, 7, len(when)) for name, when in times.items()}
    frames = pa.table(
        {
            "id": [name for name in times for _ in times[name]],
            "frame": [i for name in times for i in range(len(times[name]))],
            "time": np.concatenate(list(times.values())),
            "label": np.concatenate(list(labels.values())).astype(np.int8),
        }
    )
    targets = targets_of(corpus("c-expr-db"), table_of(rows), frames)
    expected = []
    for name, here in spans.items():
        own = values[[i for i, row in enumerate(rows) if row["id"] == name]]
        for time, label in zip(times[name], labels[name], strict=True):
            if label < 0:
                continue
            covering = []
            for index, ((start, end), value) in enumerate(zip(here, own, strict=True)):
                is_last = index == len(here) - 1
                if start <= time and (time < end or is_last) and not np.isnan(value).any():
                    covering.append(value)
            expected.append(np.mean(covering or [v for v in own if not np.isnan(v).any()], axis=0))
    assert targets.average(values) == pytest.approx(np.array(expected), abs=1e-7)
    assert targets.truth.tolist() == [label for name in spans for label in labels[name] if label >= 0]
    valid = labels["a"] >= 0
    by_timeline = timeline([Segment(*span) for span in spans["a"]], values[:3], times["a"])[valid]
    assert targets.average(values)[: valid.sum()] == pytest.approx(by_timeline, abs=1e-6)
