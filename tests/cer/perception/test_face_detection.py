import numpy as np
import pytest

from cer.perception import face_detection
from cer.perception.face_detection import FULL_SEARCH_EVERY, TEMPLATE, Face, Finder, crop, detect, overlap, similarity
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


def moved(portrait: np.ndarray, right: int) -> np.ndarray:
    """The portrait in a wide frame, so many pixels from its left border."""
    frame = np.full((512, 1024, 3), 90, np.uint8)
    frame[:, right : right + 512] = portrait
    return frame


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The sizes of what is searched."""
    sizes: list[tuple[int, ...]] = []
    search = face_detection._search

    def counted(image: np.ndarray, scale: float, least: float) -> list[Face]:
        sizes.append(image.shape[:2])
        return search(image, scale, least)

    monkeypatch.setattr(face_detection, "_search", counted)
    return sizes


def test_a_known_face_is_followed_and_the_frame_searched_now_and_then(
    portrait: np.ndarray, searches: list[tuple[int, ...]]
) -> None:
    finder = Finder()
    for step in range(2 * FULL_SEARCH_EVERY):
        image = moved(portrait, 20 * step)
        (result,) = finder.find(image)
        (alone,) = detect(image)
        searches.pop()
        assert overlap(result.box, alone.box) > 0.7
        eyes = np.linalg.norm((alone.landmarks[0] - alone.landmarks[1]) * [1024, 512])
        apart = np.linalg.norm((result.landmarks - alone.landmarks) * [1024, 512], axis=1)
        assert apart.mean() < 0.12 * eyes
    assert searches.count((512, 1024)) == 2
    assert len(searches) == 2 * FULL_SEARCH_EVERY


def test_a_face_that_jumps_goes_or_is_joined_is_not_lost(portrait: np.ndarray) -> None:
    finder = Finder()
    empty = np.full((512, 1024, 3), 90, np.uint8)
    pair = np.concatenate([portrait, portrait[:, ::-1]], 1)
    assert len(finder.find(moved(portrait, 0))) == 1
    (jumped,) = finder.find(moved(portrait, 500))
    assert jumped.box[0] > 0.5
    assert finder.find(empty) == []
    assert len(finder.find(moved(portrait, 300))) == 1
    counts = [len(finder.find(pair)) for _ in range(FULL_SEARCH_EVERY + 1)]
    assert counts[-1] == 2
    assert len(finder.find(pair)) == 2
