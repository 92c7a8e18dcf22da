import numpy as np
import pytest

from cer.corpora.rafce import PAIRS
from cer.perception.face_encoder import SIDE, as_input
from cer.train.supervised.faces import Faces, compose, encode


@pytest.fixture
def plain() -> Faces:
    """A face of each single expression: its class times 30 as grey."""
    levels = np.arange(7) * 30
    images = np.broadcast_to(levels[:, None, None, None], (7, SIDE, SIDE, 3)).astype(np.uint8)
    return Faces(np.ascontiguousarray(images), np.arange(7))


def test_a_composed_face_is_made_of_its_two_emotions_and_of_no_other(plain: Faces) -> None:
    composed = compose(plain, np.random.default_rng(0), per_class=12)
    assert len(composed) == 12 * len(PAIRS)
    cut = mixed = 0
    for image, label in zip(composed.images, composed.classes, strict=True):
        low, high = sorted(30 * emotion for emotion in PAIRS[label])
        levels = set(np.unique(image).tolist())
        if levels == {low, high}:
            cut += 1
            assert 0.3 < (image[:, 0, 0] == image[0, 0, 0]).mean() < 0.7  # an upper and a lower part
        else:
            mixed += 1
            (level,) = levels
            assert low + 0.3 * (high - low) <= level <= low + 0.7 * (high - low)
    assert cut > 50
    assert mixed > 50


def test_a_face_is_encoded_as_it_is_mirrored_and_changed(portrait: np.ndarray) -> None:
    head = as_input(portrait[40:200, 150:310])[None]
    views = encode(Faces(head, np.array([3])), 2, np.random.default_rng(0))
    assert views.maps.shape == (1, 4, 512, 8, 8)
    assert views.embeddings.shape == (1, 4, 256)
    back = encode(Faces(head[:, :, ::-1], np.array([3])), 0, np.random.default_rng(0))
    np.testing.assert_allclose(views.embeddings[0, 1], back.embeddings[0, 0], atol=1e-4)
    assert not np.allclose(views.embeddings[0, 0], views.embeddings[0, 2], atol=0.05)
