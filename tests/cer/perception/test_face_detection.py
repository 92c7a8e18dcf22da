import numpy as np
import pytest

from cer.perception.face_detection import TEMPLATE, Face, crop, detect, overlap, similarity
from tests.clips import noise


def test_the_face_of_a_portrait_is_found_where_it_is(portrait: np.ndarray) -> None:
    (face,) = detect(portrait)
    left, top, right, bottom = face.box * 512
    assert 150 < left < 200
    assert 250 < right < 300
    assert 50 < top < 90
    assert 170 < bottom < 230
    eyes, mouth = face.landmarks[:2, 1].mean(), face.landmarks[3:, 1].mean()
    assert eyes < mouth


def test_no_face_is_found_where_there_is_none() -> None:
    assert detect(noise(240, 320)) == []


def test_two_people_are_two_faces(portrait: np.ndarray) -> None:
    pair = np.concatenate([portrait, portrait[:, ::-1]], 1)
    assert len(detect(pair)) == 2


@pytest.mark.parametrize("turn", [-20, 0, 20])
def test_crops_are_upright_and_framed_alike_whatever_the_pose(portrait: np.ndarray, turn: float) -> None:
    from skimage.transform import rotate

    turned = (rotate(portrait, turn, mode="edge") * 255).astype(np.uint8)
    result = detect(np.pad(crop(turned, detect(turned)[0], 224), ((112, 112), (112, 112), (0, 0)), mode="edge"))
    marks = result[0].landmarks * 448 / 224 - 0.5
    np.testing.assert_allclose(marks, TEMPLATE, atol=0.06)


def test_a_face_at_the_border_is_cropped_with_the_border_repeated() -> None:
    image = np.full((100, 100, 3), 50, np.uint8)
    marks = np.array([[-0.1, 0.3], [0.1, 0.3], [0, 0.4], [-0.08, 0.5], [0.08, 0.5]], np.float32)
    cut = crop(image, Face(np.array([-0.2, 0.2, 0.2, 0.6], np.float32), marks, 1.0))
    assert cut.shape == (112, 112, 3)
    assert (cut == 50).all()


def test_a_similarity_is_found_again() -> None:
    angle, scale, shift = 0.3, 2.5, np.array([4.0, -7.0])
    rotation = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    result = similarity(TEMPLATE, TEMPLATE @ rotation.T + shift)
    np.testing.assert_allclose(result, np.column_stack([rotation, shift]), atol=1e-5)


def test_overlap_by_hand() -> None:
    a, b = np.array([0, 0, 2, 2.0]), np.array([1, 1, 3, 3.0])
    assert overlap(a, b) == pytest.approx(1 / 7)
    assert overlap(a, b + 5) == 0
