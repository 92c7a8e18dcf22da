"""Sequences of real faces: the portrait, moved, cut away from and brought back; another person is the same portrait
altered beyond likeness.
"""

import numpy as np
import pytest

from cer.perception.face_detection import detect
from cer.perception.tracking import Tracker


def scene(portrait: np.ndarray, left: int = 40, *, other: bool = False, background: int = 120) -> np.ndarray:
    """A 360x640 picture with the person standing at `left`."""
    image = np.full((360, 640, 3), background, np.uint8)
    person = portrait[:300, 80:380]
    if other:
        person = (255 - person[..., ::-1] // 2)[:, ::-1]  # another complexion, hair and light
        person = np.where(person > 235, 90, person)
    image[30:330, left : left + 300] = person
    return image


def identities(images: list[np.ndarray], step: float = 0.2) -> list[list[int]]:
    tracker = Tracker()
    return [[s.person for s in tracker.update(i * step, image, detect(image))] for i, image in enumerate(images)]


@pytest.fixture(scope="module")
def stranger() -> np.ndarray:
    """A second, different person in a picture of the same size: a cropped detail of another portrait is not at hand,
    so colours are changed.
    """
    from skimage import data

    return np.asarray(data.astronaut())[..., [2, 0, 1]] // 2 + 20


def test_a_moving_person_stays_one_person(portrait: np.ndarray) -> None:
    result = identities([scene(portrait, left) for left in range(20, 200, 20)])
    assert all(item == [1] for item in result)


def test_somebody_else_after_a_cut_at_the_same_place_is_somebody_else(
    portrait: np.ndarray, stranger: np.ndarray
) -> None:
    images = [scene(portrait)] * 3 + [scene(stranger, background=10)] * 3
    result = identities(images)
    assert result[:3] == [[1]] * 3
    assert result[3:] == [[2]] * 3


def test_somebody_who_returns_after_a_cut_is_known_again(portrait: np.ndarray, stranger: np.ndarray) -> None:
    images = [scene(portrait)] * 3 + [scene(stranger, background=10)] * 3 + [scene(portrait, 200)] * 3
    assert identities(images)[-1] == [1]


def test_a_lost_face_that_is_replaced_by_another_is_not_merged(portrait: np.ndarray, stranger: np.ndarray) -> None:
    empty = np.full((360, 640, 3), 120, np.uint8)
    images = [scene(portrait)] * 3 + [empty] * 2 + [scene(stranger)] * 3
    result = identities(images)
    assert result[3] == []
    assert result[-1] == [2]


def test_two_people_at_once_are_two_and_keep_their_numbers(portrait: np.ndarray, stranger: np.ndarray) -> None:
    images = []
    for shift in (0, 10, 20, 30):
        image = scene(portrait, 10 + shift)
        image[30:330, 330:630] = stranger[:300, 80:380]
        images.append(image)
    result = [sorted(identity) for identity in identities(images)]
    assert result == [[1, 2]] * 4
