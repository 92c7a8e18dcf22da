from pathlib import Path

import numpy as np
import pytest

from cer.labels import EMOTIONS
from cer.train.data import Faces
from cer.train.held_out import _of_faces, side_of


def test_all_four_modalities_of_a_face_speak_of_the_same_faces(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    faces = Faces(
        rng.integers(0, 255, (12, 96, 96, 3)).astype(np.uint8), np.eye(8, dtype=np.float32)[np.arange(12) % 8]
    )
    together, parts = _of_faces(faces, tmp_path, rng)
    assert list(parts) == ["static_face", "dynamic_face", "scene_label", "scene_context"]
    assert together.probabilities.shape == (12, 4, 8)
    assert together.probabilities.sum(2) == pytest.approx(np.ones((12, 4)), abs=1e-4)
    np.testing.assert_array_equal(together.probabilities[:, 0], parts["static_face"].probabilities)
    assert together.emotions.tolist() == [EMOTIONS.index(EMOTIONS[i % 8]) for i in range(12)]


def test_the_sides_share_no_actor_and_hold_as_many_men_as_women() -> None:
    actors = np.arange(1, 21)
    for side in (0, 1):
        mine = actors[side_of(actors) == side]
        assert len(mine) == 10
        assert (mine % 2).sum() == 5
