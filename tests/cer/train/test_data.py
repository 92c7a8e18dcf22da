from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cer.labels import EMOTIONS
from cer.perception.face_encoder import SIDE, UNITS
from cer.train.data import Faces, ckplus, even, ferplus, labeled, misheard, rafce_units
from tests.cer.corpora.images import image


def test_faces_without_a_label_are_no_training_faces(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    votes = [[4, 0, 6, 0, 0, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 9, 0]]
    pd.DataFrame({"image": [image()] * 2, "votes": votes}).to_parquet(tmp_path / "f.parquet")
    result = ferplus(tmp_path / "f.parquet")
    assert result.images.shape == (1, SIDE, SIDE, 3)
    np.testing.assert_allclose(result.targets[0][[0, EMOTIONS.index("Surprise")]], [0.4, 0.6])
    assert "1 of 2 items" in caplog.text


def test_damaged_pictures_are_skipped_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    images = [image(), {"bytes": b"\x89PNG but no more", "path": "broken.png"}, image(50, 100)]
    pd.DataFrame({"image": images, "votes": [[10] + [0] * 9] * 3}).to_parquet(tmp_path / "f.parquet")
    assert len(ferplus(tmp_path / "f.parquet").images) == 2
    assert "broken.png" in caplog.text


def test_of_rafce_only_the_asked_half_and_only_action_units_are_read(tmp_path: Path) -> None:
    images = [image(path=f"{number:04}_aligned.jpg") for number in (1, 2, 4)]
    table = pd.DataFrame({"image": images, "label": ["x"] * 3, "action_units": ["1+4", "L10+B22+25", "null"]})
    table.to_parquet(tmp_path / "r.parquet")
    result = rafce_units(tmp_path / "r.parquet", even=True)
    assert {unit for unit, on in zip(UNITS, result.targets[0], strict=True) if on} == {10, 22, 25}
    assert np.isnan(result.targets[1]).all()
    assert len(rafce_units(tmp_path / "r.parquet", even=False).images) == 1


def test_sequences_are_three_frames_in_order(tmp_path: Path) -> None:
    rows = [
        {"image": image(level), "label": label, "subject": "S1", "sequence": sequence, "frame": frame}
        for sequence, label in (("001", "contempt"), ("002", "fear"))
        for frame, level in ((12, 30), (10, 10), (11, 20))
    ]
    pd.DataFrame(rows[:-1]).to_parquet(tmp_path / "c.parquet")  # the second sequence lacks a frame
    result = ckplus(tmp_path / "c.parquet")
    assert result.emotions.tolist() == [EMOTIONS.index("Other")]
    assert result.images[result.frames[0]].mean((1, 2, 3)).tolist() == [10, 20, 30]


def test_texts_without_words_or_with_two_emotions_are_left_out(tmp_path: Path) -> None:
    pd.DataFrame({"text": [" Hi! ", " ", None], "emotion": ["joy", "anger", "fear"]}).to_csv(tmp_path / "m.csv")
    pd.DataFrame({"text": ["a", "b"], "emotions": ["joy", "joy|anger"]}).to_csv(tmp_path / "g.csv")
    assert labeled("meld", tmp_path / "m.csv")["text"].tolist() == ["Hi!"]
    assert labeled("goemotions", tmp_path / "g.csv")["text"].tolist() == ["a"]


def test_misheard_text_is_never_empty() -> None:
    rng = np.random.default_rng(0)
    assert all(misheard("No!", rng) for _ in range(200))


def test_faces_are_thinned_to_even_classes() -> None:
    targets = np.eye(8, dtype=np.float32)[np.repeat([0, 4], [3000, 10])]
    selected = even(Faces(np.zeros((3010, 1, 1), np.uint8), targets), np.random.default_rng(0))
    assert np.bincount(selected.targets.argmax(1), minlength=8).tolist() == [1500, 0, 0, 0, 10, 0, 0, 0]
