from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cer.labels import EMOTIONS
from cer.perception.face_encoder import SIDE
from cer.train.held_out import _over_time, _posts, _voices, of_faces


def test_all_four_modalities_of_a_face_predict_for_the_same_faces(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (12, SIDE, SIDE, 3)).astype(np.uint8)
    targets = np.eye(8, dtype=np.float32)[np.arange(12) % 8]
    together, parts = of_faces(images, targets, tmp_path, rng)
    assert list(parts) == ["static_face", "dynamic_face", "scene_label", "scene_context"]
    assert together.probabilities.shape == (12, 4, 8)
    assert together.probabilities.sum(2) == pytest.approx(np.ones((12, 4)), abs=1e-4)
    np.testing.assert_array_equal(together.probabilities[:, :1], parts["static_face"].probabilities)
    assert together.emotions.tolist() == [EMOTIONS.index(EMOTIONS[i % 8]) for i in range(12)]


def test_the_mean_over_time_leaves_out_moments_without_a_face() -> None:
    values = np.array([[[1.0, 0.0], [3.0, 4.0], [90.0, 90.0]]], np.float32)
    np.testing.assert_allclose(_over_time(values, np.array([[1.0, 1.0, 0.0]])), [[2.0, 2.0]])


def test_no_speaker_is_both_fitted_to_and_tested_on_and_bursts_are_left_out(tmp_path: Path) -> None:
    corpora = np.array(["ravdess"] * 4 + ["emogator"] * 2)
    speakers = np.array(["ravdess/1", "ravdess/2", "ravdess/1", "ravdess/2", "emogator/1", "emogator/2"])
    emotions = np.array([1, 2, 1, 2, 3, 3])
    probabilities = np.eye(8, dtype=np.float32)[emotions]
    np.savez(
        tmp_path / "audio_left_out.npz",
        probabilities=probabilities,
        emotions=emotions,
        corpora=corpora,
        speakers=speakers,
    )
    fit, test = _voices(tmp_path)
    assert (fit.emotions.tolist(), test.emotions.tolist()) == ([1, 1], [2, 2])


def test_posts_with_two_emotions_are_no_items_and_those_with_none_are_neutral(tmp_path: Path) -> None:
    rows = [("happy", 0, 1, "eng"), ("both", 1, 1, "eng"), ("none", 0, 0, "eng"), ("fremd", 1, 0, "deu")]
    path = tmp_path / "posts.csv.gz"
    table = pd.DataFrame(rows, columns=["text", "anger", "joy", "language"])
    table.assign(id=table["text"]).to_csv(path, index=False)
    posts = _posts(path)
    assert posts["text"].tolist() == ["happy", "none"]
    assert [EMOTIONS[index] for index in posts["emotion"]] == ["Happiness", "Neutral"]
