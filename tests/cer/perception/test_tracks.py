"""Tracks of made faces: squares of grey tones in front of a plain wall, so that every cause of a new number is alone.

People differ in where their tones lie and share their colors: what tells them apart is their shape, as an identity
does, and not the colors that a box is followed by.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from cer.perception.face_detection import TEMPLATE, Face
from cer.perception.tracking import Tracker

HEIGHT, WIDTH, SIDE = 180, 320, 64  # pixels
ROOM, STREET = 40, 220  # grey levels of two walls: from one shot to the other is a cut
ANNA, BEN, CLEO = 1, 2, 3

Picture = tuple[NDArray[np.uint8], list[Face]]


def tracker() -> Tracker:
    return Tracker()


def tones(person: int, *, reddened: bool = False) -> NDArray[np.uint8]:
    """A face [64, 64, 3] of 8 x 8 squares, half of them dark; `reddened`: arranged otherwise, 1 in 8 red."""
    rng = np.random.default_rng([person, reddened])
    grey = np.repeat(rng.permutation(np.repeat([64, 192], 32)).reshape(8, 8, 1), 3, 2)
    if reddened:
        grey.reshape(-1, 3)[:8] = (255, 64, 64)
    return np.kron(grey, np.ones((SIDE // 8, SIDE // 8, 1), int)).astype(np.uint8)


def shot(wall: int, *people: NDArray[np.uint8]) -> Picture:
    """A frame with people side by side in front of a wall, and their faces."""
    image = np.full((HEIGHT, WIDTH, 3), wall, np.uint8)
    size = np.array([WIDTH, HEIGHT], np.float32)
    faces = []
    for place, person in enumerate(people):
        corner = np.array([40 + 100 * place, 50])
        image[corner[1] : corner[1] + SIDE, corner[0] : corner[0] + SIDE] = person
        box = (np.concatenate([corner, corner + SIDE]) / np.tile(size, 2)).astype(np.float32)
        faces.append(Face(box, (TEMPLATE * SIDE + corner) / size, 0.9))
    return image, faces


def numbers(moments: list[tuple[float, Picture]]) -> list[list[int]]:
    """The people's numbers in each picture shown at its time."""
    tracks = tracker()
    return [[sighting.person for sighting in tracks.update(time, *picture)] for time, picture in moments]


def test_a_shot_cut_ends_the_track_so_that_whoever_stands_there_next_is_somebody_else() -> None:
    before, after = shot(ROOM, tones(ANNA)), shot(STREET, tones(BEN))
    assert numbers([(0.0, before), (0.2, before), (0.4, after)]) == [[1], [1], [2]]


def test_whoever_stands_at_a_place_that_was_empty_for_more_than_a_second_is_somebody_else() -> None:
    anna, ben, nobody = shot(ROOM, tones(ANNA)), shot(ROOM, tones(BEN)), shot(ROOM)
    assert numbers([(0.0, anna), (0.2, nobody), (1.4, ben)]) == [[1], [], [2]]


@pytest.mark.parametrize("gap", [0.2, 0.9])
def test_a_track_bridges_a_face_that_is_missing_for_less_than_a_second(gap: float) -> None:
    """The face that returns does not look like it did, so only its place says who it is."""
    anna, turned = shot(ROOM, tones(ANNA)), shot(ROOM, tones(ANNA, reddened=True))
    assert numbers([(0.0, anna), (gap / 2, shot(ROOM)), (gap, turned)]) == [[1], [], [1]]


def test_a_person_is_recognized_by_a_later_look_and_not_only_by_the_first() -> None:
    straight, turned = shot(ROOM, tones(ANNA)), shot(ROOM, tones(ANNA, reddened=True))
    watched = [(0.0, straight), *((second / 5, turned) for second in range(1, 16))]
    after_a_cut = [(3.2, shot(STREET, tones(CLEO))), (3.4, shot(ROOM, tones(ANNA, reddened=True)))]
    assert numbers([*watched, *after_a_cut])[-2:] == [[2], [1]]


def test_a_person_is_recognized_by_the_first_look_after_others_were_added() -> None:
    straight, turned = shot(ROOM, tones(ANNA)), shot(ROOM, tones(ANNA, reddened=True))
    watched = [(0.0, straight), *((second / 5, turned) for second in range(1, 16))]
    assert numbers([*watched, (3.2, shot(STREET, tones(ANNA)))])[-1] == [1]


def test_two_people_who_change_places_at_a_cut_take_their_numbers_along() -> None:
    before, after = shot(ROOM, tones(ANNA), tones(BEN)), shot(STREET, tones(BEN), tones(ANNA))
    assert numbers([(0.0, before), (0.2, after)]) == [[1, 2], [2, 1]]
