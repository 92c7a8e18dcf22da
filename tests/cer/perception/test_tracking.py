"""Sequences of two real people's portraits, moved, cut away from and brought back, found and embedded by the shipped
networks.
"""

import numpy as np
import pytest
from matplotlib.cbook import get_sample_data
from PIL import Image

from cer.perception.face_detection import detect
from cer.perception.tracking import Tracker


def scene(person: np.ndarray, left: int = 40, *, background: int = 120) -> np.ndarray:
    """A 360x640 picture with the person standing at `left`."""
    image = np.full((360, 640, 3), background, np.uint8)
    image[30:330, left : left + 300] = person
    return image


def identities(images: list[np.ndarray], step: float = 0.2) -> list[list[int]]:
    """The people's numbers in consecutive pictures."""
    tracker = Tracker()
    sightings = [tracker.update(index * step, image, detect(image)) for index, image in enumerate(images)]
    people = iter(tracker.identify([sighting for moment in sightings for sighting in moment]))
    return [[next(people).person for _ in moment] for moment in sightings]


@pytest.fixture(scope="module")
def person(portrait: np.ndarray) -> np.ndarray:
    """RGB uint8 [300, 300, 3]."""
    return portrait[:300, 80:380]


@pytest.fixture(scope="module")
def stranger() -> np.ndarray:
    """Another person, RGB uint8 [300, 300, 3]: a public-domain portrait that Matplotlib carries."""
    with Image.open(get_sample_data("grace_hopper.jpg", asfileobj=False)) as image:
        return np.asarray(image.convert("RGB").crop((100, 0, 430, 330)).resize((300, 300)))


def test_a_moving_person_stays_one_person(person: np.ndarray) -> None:
    result = identities([scene(person, left) for left in range(20, 200, 20)])
    assert all(item == [1] for item in result)


def test_somebody_else_after_a_cut_at_the_same_place_is_somebody_else(person: np.ndarray, stranger: np.ndarray) -> None:
    images = [scene(person)] * 3 + [scene(stranger, background=10)] * 3
    result = identities(images)
    assert result[:3] == [[1]] * 3
    assert result[3:] == [[2]] * 3


def test_somebody_who_returns_after_a_cut_is_known_again(person: np.ndarray, stranger: np.ndarray) -> None:
    images = [scene(person)] * 3 + [scene(stranger, background=10)] * 3 + [scene(person, 200)] * 3
    assert identities(images)[-1] == [1]


def test_a_lost_face_that_is_replaced_by_another_is_not_merged(person: np.ndarray, stranger: np.ndarray) -> None:
    empty = np.full((360, 640, 3), 120, np.uint8)
    images = [scene(person)] * 3 + [empty] * 2 + [scene(stranger)] * 3
    result = identities(images)
    assert result[3] == []
    assert result[-1] == [2]


def test_two_people_at_once_are_two_and_keep_their_numbers(person: np.ndarray, stranger: np.ndarray) -> None:
    images = []
    for shift in (0, 10, 20, 30):
        image = scene(person, 10 + shift)
        image[30:330, 330:630] = stranger
        images.append(image)
    result = [sorted(identity) for identity in identities(images)]
    assert result == [[1, 2]] * 4


def test_somebody_who_leaves_and_comes_back_keeps_the_number(person: np.ndarray, stranger: np.ndarray) -> None:
    empty = np.full((360, 640, 3), 120, np.uint8)
    darker = (scene(person, 200) * 0.6).astype(np.uint8)
    images = [scene(person)] * 3 + [empty] * 8 + [scene(stranger, 300)] * 3 + [empty] * 8 + [darker] * 3
    result = identities(images)
    assert result[0] == [1]
    assert result[11] == [2]
    assert result[-1] == [1]


def test_somebody_alone_who_leaves_after_people_were_first_told_apart_keeps_the_number(person: np.ndarray) -> None:
    """A single track needs no identity, until there is a second one."""
    tracker, empty = Tracker(), np.full((360, 640, 3), 120, np.uint8)

    def people(first: int, images: list[np.ndarray]) -> set[int]:
        moments = [tracker.update((first + row) / 5, image, detect(image)) for row, image in enumerate(images)]
        return {sighting.person for sighting in tracker.identify([each for moment in moments for each in moment])}

    assert people(0, [scene(person)] * 4) == {1}
    assert people(4, [scene(person)] * 2 + [empty] * 8 + [scene(person, 200)] * 4) == {1}


def test_two_people_who_alternate_in_cuts_stay_two(person: np.ndarray, stranger: np.ndarray) -> None:
    shots = [
        [scene(person, 40 + 30 * turn)] * 2 + [scene(stranger[:, ::-1], 200, background=10)] * 2 for turn in range(4)
    ]
    assert identities([image for shot in shots for image in shot]) == [[1], [1], [2], [2]] * 4


def test_a_person_seen_worse_is_the_same_person(person: np.ndarray, stranger: np.ndarray) -> None:
    """A blurred and a mirrored picture after cuts to somebody else."""
    blurred = np.asarray(Image.fromarray(scene(person)).resize((160, 90)).resize((640, 360)))
    away = [scene(stranger, background=10)] * 2
    result = identities([scene(person)] * 3 + away + [blurred] * 2 + away + [scene(person[:, ::-1])] * 2)
    assert result == [[1]] * 3 + [[2]] * 2 + [[1]] * 2 + [[2]] * 2 + [[1]] * 2
