import numpy as np

from cer.labels import EMOTIONS
from cer.perception.face_detection import crop, detect
from cer.perception.face_encoder import SIDE, UNITS, grey, read


def test_a_smiling_portrait_is_read_as_happy(portrait: np.ndarray) -> None:
    seen = read(grey(crop(portrait, detect(portrait)[0]))[None])
    assert EMOTIONS[int(seen.logits[0].argmax())] == "Happiness"
    units = dict(zip(UNITS, seen.units[0], strict=True))
    assert units[12] > 0.5  # lip corners pulled up
    assert units[12] > units[15]  # not down


def test_a_face_and_its_mirror_read_alike(portrait: np.ndarray) -> None:
    face = grey(crop(portrait, detect(portrait)[0]))
    seen = read(np.stack([face, face[:, ::-1]]))
    np.testing.assert_allclose(seen.logits[0], seen.logits[1], atol=1e-3)


def test_company_in_the_batch_changes_nothing(portrait: np.ndarray) -> None:
    faces = np.random.default_rng(0).integers(0, 255, (70, SIDE, SIDE)).astype(np.uint8)
    faces[66] = grey(crop(portrait, detect(portrait)[0]))
    np.testing.assert_allclose(read(faces).logits[66], read(faces[66:67]).logits[0], atol=1e-3)


def test_no_faces_are_no_expressions() -> None:
    assert len(read(np.zeros((0, SIDE, SIDE), np.uint8))) == 0
