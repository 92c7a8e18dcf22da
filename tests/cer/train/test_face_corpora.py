import io
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from cer.labels import EMOTIONS
from cer.perception.face_encoder import SIDE
from cer.train.face_corpora import LabeledFaces, fold_of, labeled_faces, split
from cer.train.face_targets import soften


def encoded(image: np.ndarray, path: str) -> dict[str, object]:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return {"bytes": buffer.getvalue(), "path": path}


def test_a_person_stays_in_one_fold() -> None:
    assert fold_of("Al_Gore", 5) == fold_of("Al_Gore", 5) < 5


def test_faces_are_aligned_counted_kept_and_split_by_person(tmp_path: Path, portrait: np.ndarray) -> None:
    blank = np.full((60, 60, 3), 90, np.uint8)
    rows = [encoded(portrait, f"P{person}_000{take}.jpg") for person in range(6) for take in (1, 2)]
    rows.append(encoded(blank, "blank.jpg"))
    table = pd.DataFrame({"image": rows, "label": ["happiness"] * 12 + ["contempt"]})
    table.to_parquet(tmp_path / "faces.parquet")
    faces = labeled_faces(tmp_path / "faces.parquet", tmp_path)
    assert faces.images.shape == (13, SIDE, SIDE, 3)
    assert faces.detected.tolist() == [True] * 12 + [False]
    assert EMOTIONS[faces.emotions[-1]] == "Other"
    again = labeled_faces(tmp_path / "faces.parquet", tmp_path)
    np.testing.assert_array_equal(faces.images, again.images)
    training, validation = split(faces, 2)
    assert len(training) + len(validation) == 13
    assert not set(training.names) & set(validation.names)


def test_a_label_that_others_contradict_is_softened() -> None:
    rng = np.random.default_rng(0)
    emotions = np.repeat([1, 4], 300)
    features = rng.standard_normal((600, 300)).astype(np.float32)
    features[:, :8] += np.where(emotions == 1, 4, -4)[:, None]
    emotions[0] = 4  # a wrong label
    names = np.array([str(row) for row in range(600)])
    faces = LabeledFaces(np.zeros((600, SIDE, SIDE, 3), np.uint8), emotions, names, np.ones(600, bool))
    targets = soften(faces, features, 0.6)
    np.testing.assert_allclose(targets.sum(1), 1, atol=1e-5)
    assert targets[0, 1] > 0.2
    assert targets[10, 1] > 0.8
