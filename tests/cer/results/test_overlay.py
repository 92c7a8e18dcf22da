"""What the overlay draws on black frames, from made analyses."""

import numpy as np
import pytest

from cer.results import overlay
from cer.results.colors import COLORS
from tests.cer.results.made import CLIP, made

ORANGE = (0xE6, 0x9F, 0x00)  # of the face box
EVEN = np.full((4, 7), 1 / 7)
BOXES = np.array([[0.0, 0.25, 0.25, 0.5, 0.75], [0.2, 0.5, 0.25, 0.75, 0.75]])  # seconds, left, top, right, bottom


def orange_columns(boxes: np.ndarray, time: float) -> list[int]:
    """The columns in which the frame at `time` has orange from edge to edge of a box: its left and right sides."""
    image = overlay.overlay(made(EVEN, boxes), CLIP.width, CLIP.height)(time, np.zeros((180, 320, 3), np.uint8))
    orange = (image[60:120] == ORANGE).all(2).all(0)
    return np.flatnonzero(orange).tolist()


def test_a_face_box_is_drawn_only_while_the_face_is_there() -> None:
    assert orange_columns(BOXES, 0.0)
    assert orange_columns(BOXES, 0.45)
    assert orange_columns(BOXES, 0.55) == []
    assert orange_columns(BOXES, 3.0) == []
    assert orange_columns(BOXES[:0], 0.0) == []


@pytest.mark.parametrize(("time", "left"), [(0.0, 80), (0.08, 80), (0.12, 160), (0.2, 160)])
def test_the_face_box_drawn_is_that_of_the_nearest_moment(time: float, left: int) -> None:
    assert orange_columns(BOXES, time)[0] == left


def test_the_strip_has_the_color_of_the_strongest_expression_and_grey_where_nothing_is_stated() -> None:
    timeline = np.full((4, 7), 0.1)
    timeline[0, 2] = timeline[1, 5] = 0.4
    timeline[3] = np.nan
    image = overlay.overlay(made(timeline), CLIP.width, CLIP.height)(3.99, np.zeros((180, 320, 3), np.uint8))
    colors = ["#" + "".join(f"{value:02X}" for value in image[-2, column]) for column in (40, 120, 200, 280)]
    assert colors == [COLORS[2], COLORS[5], COLORS[0], "#777777"]
