"""Whom a label means: Aff-Wild2 names the person left or right where two stand side by side."""

from pathlib import Path

import numpy as np
import pytest

from cer.media.clip import Clip
from cer.observation import Observation
from cer.results.analysis import Person
from eval.predict import _who

CLIP = Clip(Path("made.mp4"), "made.mp4", 8.0, 25.0, 320, 180, True, True, 0)


def observation(people: dict[int, tuple[float, float]]) -> Observation:
    """People by number: seconds visible and the middle of the face across the frame."""
    nobody = np.zeros((112, 112, 3), np.uint8)
    return Observation(
        CLIP,
        "embedded",
        [],
        people={number: Person(number, seconds, 0.0, nobody) for number, (seconds, _) in people.items()},
        boxes={
            number: [np.array([0.0, middle - 0.1, 0.2, middle + 0.1, 0.6], np.float32)] * 3
            for number, (_, middle) in people.items()
        },
    )


@pytest.mark.parametrize(("first", "second"), [(0.2, 0.7), (0.7, 0.2)])
def test_left_and_right_in_affwild2_are_the_sides_of_the_frame(first: float, second: float) -> None:
    observed = observation({1: (8.0, first), 2: (6.0, second)})
    left, right = (1, 2) if first < second else (2, 1)
    assert _who(observed, "left") == left
    assert _who(observed, "right") == right


def test_left_and_right_are_of_the_two_people_with_most_screen_time() -> None:
    observed = observation({1: (8.0, 0.4), 2: (6.0, 0.6), 3: (1.0, 0.1), 4: (1.0, 0.9)})
    assert _who(observed, "left") == 1
    assert _who(observed, "right") == 2


def test_the_side_is_where_a_person_is_on_average() -> None:
    observed = observation({1: (8.0, 0.4), 2: (6.0, 0.5)})
    observed.boxes[1].append(np.array([5.0, 0.8, 0.2, 1.0, 0.6], np.float32))
    observed.boxes[1].append(np.array([5.2, 0.8, 0.2, 1.0, 0.6], np.float32))
    assert _who(observed, "left") == 2


def test_without_a_side_or_without_people_nobody_is_named() -> None:
    assert _who(observation({1: (8.0, 0.4), 2: (6.0, 0.6)}), "") is None
    assert _who(observation({}), "left") is None


def test_a_single_person_is_on_both_sides() -> None:
    assert _who(observation({1: (8.0, 0.9)}), "left") == _who(observation({1: (8.0, 0.9)}), "right") == 1
