"""Tracks of made faces: squares of grey tones in front of a plain wall, so that every cause of a new number is alone.

A face's tint is its identity, and the order of its squares its appearance: what a box is followed by, and what tells
people apart, are set separately.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

from cer.perception.face_detection import TEMPLATE, Face
from cer.perception.tracking import Sighting, Tracker

HEIGHT, WIDTH, SIDE = 180, 320, 64  # pixels
ROOM, STREET = 40, 220  # grey levels of two walls: from one shot to the other is a cut
TINT = 40  # grey levels that a channel is brighter by
ANNA, BEN, CLEO, ANNA_TURNED, BLURRED = (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (0, 1, 1)
IDENTITIES = {
    ANNA: (1.0, 0.0, 0.0, 0.0),
    BEN: (0.0, 1.0, 0.0, 0.0),
    CLEO: (0.0, 0.0, 1.0, 0.0),
    ANNA_TURNED: (0.4, 0.0, 0.0, 0.92),  # alone too unlike the straight face to be taken for the same person
    BLURRED: (0.0, 0.4, 0.4, 0.82),
}

Picture = tuple[NDArray[np.uint8], list[Face]]


def embed(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The identities of tinted faces [N, 4]."""
    levels = crops.mean((1, 2))
    tints = levels - levels.min(1, keepdims=True) > TINT / 2
    return np.array([IDENTITIES[tuple(tint.astype(int).tolist())] for tint in tints], np.float32)


def tones(tint: tuple[int, int, int], *, appearance: int = 0) -> NDArray[np.uint8]:
    """A face [64, 64, 3] of 8 x 8 squares, half of them dark, in the order of its appearance."""
    order = np.random.default_rng(appearance).permutation(np.repeat([64, 192], 32)).reshape(8, 8, 1)
    return np.kron(order + TINT * np.array(tint), np.ones((SIDE // 8, SIDE // 8, 1), int)).astype(np.uint8)


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


def watch(tracker: Tracker, moments: list[tuple[float, Picture]]) -> list[Sighting]:
    return [sighting for time, picture in moments for sighting in tracker.update(time, *picture)]


def numbers(moments: list[tuple[float, Picture]]) -> list[list[int]]:
    """The people's numbers in each picture shown at its time."""
    tracker = Tracker(embed)
    people = tracker.identify(watch(tracker, moments))
    return [[sighting.person for sighting in people if sighting.time == time] for time, _ in moments]


def test_a_shot_cut_ends_the_track_so_that_whoever_stands_there_next_is_somebody_else() -> None:
    before, after = shot(ROOM, tones(ANNA)), shot(STREET, tones(BEN))
    assert numbers([(0.0, before), (0.2, before), (0.4, after)]) == [[1], [1], [2]]


def test_whoever_stands_at_a_place_that_was_empty_for_more_than_a_second_is_somebody_else() -> None:
    anna, ben, nobody = shot(ROOM, tones(ANNA)), shot(ROOM, tones(BEN)), shot(ROOM)
    assert numbers([(0.0, anna), (0.2, nobody), (1.4, ben)]) == [[1], [], [2]]


@pytest.mark.parametrize("gap", [0.2, 0.9])
def test_a_track_bridges_a_face_that_is_missing_for_less_than_a_second(gap: float) -> None:
    """The identity of the face that returns is another, so only its place says who it is."""
    anna, turned = shot(ROOM, tones(ANNA)), shot(ROOM, tones(ANNA_TURNED))
    assert numbers([(0.0, anna), (gap / 2, shot(ROOM)), (gap, turned)]) == [[1], [], [1]]


def test_a_person_is_recognized_by_a_later_look_and_not_only_by_the_first() -> None:
    straight, turned = shot(ROOM, tones(ANNA)), shot(ROOM, tones(ANNA_TURNED))
    watched = [(0.0, straight), *((second / 5, turned) for second in range(1, 16))]
    after_a_cut = [(3.2, shot(STREET, tones(CLEO))), (3.4, shot(ROOM, tones(ANNA_TURNED)))]
    assert numbers([*watched, *after_a_cut])[-2:] == [[2], [1]]


def test_a_person_is_recognized_by_the_first_look_after_others_were_added() -> None:
    straight, turned = shot(ROOM, tones(ANNA)), shot(ROOM, tones(ANNA_TURNED))
    watched = [(0.0, straight), *((second / 5, turned) for second in range(1, 16))]
    assert numbers([*watched, (3.2, shot(STREET, tones(ANNA)))])[-1] == [1]


def test_two_people_who_change_places_at_a_cut_take_their_numbers_along() -> None:
    before, after = shot(ROOM, tones(ANNA), tones(BEN)), shot(STREET, tones(BEN), tones(ANNA))
    assert numbers([(0.0, before), (0.2, after)]) == [[1, 2], [2, 1]]


def test_a_track_that_begins_with_a_blurred_face_is_recognized_by_the_faces_after_it() -> None:
    anna, blurred = tones(ANNA), tones(BLURRED)
    second_shot = [blurred, anna, anna, anna]
    moments = [(0.0, shot(ROOM, anna)), *((1 + i / 5, shot(STREET, face)) for i, face in enumerate(second_shot))]
    assert numbers(moments) == [[1]] * 5


def test_whoever_steps_in_front_is_somebody_else() -> None:
    anna, ben = shot(ROOM, tones(ANNA)), shot(ROOM, tones(BEN, appearance=1))
    assert numbers([(0.0, anna), (0.2, ben), (0.4, ben)]) == [[1], [2], [2]]


def test_a_face_that_changes_at_its_place_stays_the_same_person_by_its_identity() -> None:
    tracker = Tracker(embed)
    moments = [(0.0, shot(ROOM, tones(ANNA))), (0.2, shot(ROOM, tones(ANNA, appearance=1)))]
    assert [sighting.person for sighting in watch(tracker, moments)] == [1, 1]  # one track


def test_two_faces_of_one_frame_are_never_one_person() -> None:
    twins = [(step / 5, shot(ROOM, tones(ANNA), tones(ANNA))) for step in range(3)]
    assert numbers([*twins, (1.0, shot(STREET, tones(BEN)))]) == [[1, 2]] * 3 + [[3]]


def test_who_was_decided_to_be_somebody_stays_so_in_the_next_block() -> None:
    tracker = Tracker(embed)
    first = watch(tracker, [(0.0, shot(ROOM, tones(BLURRED))), (1.0, shot(STREET, tones(ANNA)))])
    assert [sighting.person for sighting in tracker.identify(first)] == [1, 2]
    second = watch(tracker, [(2.0, shot(ROOM, tones(ANNA))), (3.0, shot(STREET, tones(CLEO)))])
    assert [sighting.person for sighting in tracker.identify([*first, *second])] == [1, 2, 2, 3]


def test_a_clip_with_a_single_track_needs_no_identity() -> None:
    def refuse(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        raise AssertionError("an identity was computed")

    tracker = Tracker(refuse)
    sightings = watch(tracker, [(step / 5, shot(ROOM, tones(ANNA))) for step in range(9)])
    assert [sighting.person for sighting in tracker.identify(sightings)] == [1] * 9
