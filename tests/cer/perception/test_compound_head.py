"""The supervised head on real crops; its scores are in cer/weights/supervised.md."""

import numpy as np
import pytest

from cer.labels import COMPOUNDS
from cer.perception.compound_head import HEAD, LADDER, compound_logits
from cer.perception.face_encoder import as_input


@pytest.fixture(scope="module")
def crops(portrait: np.ndarray) -> np.ndarray:
    """The portrait's smiling face, and the same face upside down: uint8 [2, SIDE, SIDE, 3]."""
    face = as_input(portrait[30:240, 120:330])
    return np.stack([face, face[::-1]])


def test_five_seeds_see_a_smile_as_happy_surprise(crops: np.ndarray) -> None:
    logits = compound_logits(crops)["compounds"]
    assert logits.shape == (5, 2, len(COMPOUNDS))
    assert logits[:, 0].mean(0).argmax() == COMPOUNDS.index("Happily Surprised")
    assert len(np.unique(logits[:, 0, 0])) == 5  # seeds, not copies


def test_a_face_and_its_mirror_image_are_the_same(crops: np.ndarray) -> None:
    mirrored = np.ascontiguousarray(crops[:, :, ::-1])
    np.testing.assert_allclose(compound_logits(crops)["compounds"], compound_logits(mirrored)["compounds"], atol=2e-3)


def test_the_ladder_has_a_row_for_each_method(crops: np.ndarray) -> None:
    methods = compound_logits(crops[:1], LADDER)
    assert len(methods) > 1
    assert {logits.shape for logits in methods.values()} == {(5, 1, len(COMPOUNDS))}
    assert list(compound_logits(crops[:1], HEAD)) == ["compounds"]
