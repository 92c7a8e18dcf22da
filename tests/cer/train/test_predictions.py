import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cer.labels import EMOTIONS, MODALITIES
from cer.train.predictions import halves, of_predictions

EVEN = {name: [1 / 8] * 8 for name in MODALITIES}


def test_a_users_predictions_are_read_and_compound_labels_refused(tmp_path: Path) -> None:
    rows = [{"id": "a", "label": "Fear", **EVEN, "text": None}, {"id": "b", "label": "Anger", **EVEN}]
    pd.DataFrame(rows).to_parquet(tmp_path / "p.parquet")
    result, clips = of_predictions(tmp_path / "p.parquet")
    assert result.emotions.tolist() == [3, 1]
    assert result.present[0].tolist() == [True] * 5 + [False]
    assert clips.tolist() == ["a", "b"]
    pd.DataFrame([{"id": "c", "label": "Sadly Angry", **EVEN}]).to_parquet(tmp_path / "c.parquet")
    with pytest.raises(ValueError, match="zero-shot"):
        of_predictions(tmp_path / "c.parquet")


def test_labels_by_frame_become_those_of_most_valid_frames_of_a_segment(tmp_path: Path) -> None:
    spans = [(0.0, 4.0), (2.0, 6.0), (4.0, 8.0)]
    rows = [{"id": "a", "label": None, "start": start, "end": end, **EVEN} for start, end in spans]
    pd.DataFrame(rows).to_parquet(tmp_path / "predictions.parquet")
    with pytest.raises(ValueError, match=r"frames\.parquet"):
        of_predictions(tmp_path / "predictions.parquet")
    (tmp_path / "results.json").write_text(json.dumps({"classes": list(EMOTIONS)}))
    labels = [3, 3, -1, 5, 5, -1, -1, -1]  # a second each
    frames = [{"id": "a", "frame": index, "time": float(index), "label": label} for index, label in enumerate(labels)]
    pd.DataFrame(frames).to_parquet(tmp_path / "frames.parquet")
    result, _ = of_predictions(tmp_path / "predictions.parquet")
    assert result.emotions.tolist() == [3, 5, 5]  # Fear twice of three; Sadness twice; Sadness alone


def test_no_clip_lies_in_both_halves() -> None:
    clips = np.repeat(np.array(["a", "b", "c", "d", "e"]), 4)
    first, second = halves(clips)
    assert len(first) + len(second) == 20
    assert not set(clips[first]) & set(clips[second])
    assert min(len(first), len(second)) == 8
