import numpy as np

from cer.expression import UNITS, Expressions
from cer.modalities.scene_context import face_words
from cer.train.data import Faces
from cer.train.held_out import _even, describe_face


def test_a_lone_face_is_described_in_the_modalitys_own_words() -> None:
    units = np.zeros((1, len(UNITS)), np.float32)
    units[0, UNITS.index(12)] = 0.9
    text = describe_face(Expressions(np.zeros((1, 8)), np.zeros((1, 256)), units), 0)
    assert face_words(units[0]) in text


def test_training_faces_are_thinned_to_even_classes() -> None:
    targets = np.eye(8, dtype=np.float32)[np.repeat([0, 4], [3000, 10])]
    kept = _even(Faces(np.zeros((3010, 1, 1), np.uint8), targets), np.random.default_rng(0))
    assert np.bincount(kept.targets.argmax(1), minlength=8).tolist() == [1500, 0, 0, 0, 10, 0, 0, 0]
