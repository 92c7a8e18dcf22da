"""Signs of posture, from made joints: lengths are in heights of the face, y points downward."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from cer.perception.body import JOINTS
from cer.perception.evidence import Cue
from cer.perception.face_detection import TEMPLATE, Face
from cer.perception.posture import SIGNS, signs, which
from cer.perception.tracking import Sighting

AT_EASE = {
    "nose": (0.0, 0.05),
    "left_eye": (0.2, -0.1),
    "right_eye": (-0.2, -0.1),
    "left_shoulder": (0.9, 1.0),
    "right_shoulder": (-0.9, 1.0),
    "left_elbow": (1.2, 2.2),
    "right_elbow": (-1.2, 2.2),
    "left_wrist": (1.1, 3.2),
    "right_wrist": (-1.1, 3.2),
    "left_hip": (0.5, 3.5),
    "right_hip": (-0.5, 3.5),
}
BUSY = [Cue(0.0, 0.4, 0.2, 0.2, motion=0.03, faces=1, closeness=0.2)]


Place = tuple[float, float]


def sighting(
    moved: Mapping[str, Place] = MappingProxyType({}),
    *,
    time: float = 0.0,
    height: float = 0.2,
    unseen: tuple[str, ...] = (),
) -> Sighting:
    """Somebody at ease but for the joints named."""
    joints = np.zeros((17, 3), np.float32)
    for name, place in {**AT_EASE, **moved}.items():
        joints[JOINTS.index(name)] = (*place, 0.0 if name in unseen else 0.8)
    face = Face(np.array([0.4, 0.3, 0.5, 0.3 + height], np.float32), TEMPLATE, 0.9)
    return Sighting(time, 1, face, np.zeros((112, 112, 3), np.uint8), joints=joints)


def shown(moved: Mapping[str, Place] = MappingProxyType({})) -> frozenset[str]:
    return signs([sighting(moved)], BUSY)


def test_somebody_at_ease_is_upright_and_nothing_else() -> None:
    assert shown() == {"upright"}


@pytest.mark.parametrize(
    ("sign", "moved"),
    [
        ("hand at the face", {"left_elbow": (1.0, 1.6), "left_wrist": (0.4, 0.9)}),
        ("hand at the face", {"left_elbow": (1.4, 1.4), "left_wrist": (0.83, 1.0)}),  # its middle at (0.42, 0.72)
        ("arms raised", {"left_elbow": (1.5, 0.9), "left_wrist": (1.7, -0.3)}),
        ("arms crossed", {"left_wrist": (-0.5, 2.0), "right_wrist": (0.5, 2.1)}),
        ("head tilted", {"left_eye": (0.19, 0.0), "right_eye": (-0.19, -0.14)}),
        ("turned away", {"nose": (0.2, 0.05)}),
        ("slumped", {"left_shoulder": (0.9, 0.55), "right_shoulder": (-0.9, 0.55)}),
    ],
)
def test_each_posture_is_told_from_being_at_ease(sign: str, moved: dict[str, Place]) -> None:
    assert shown(moved) - {"upright"} == {sign}


def test_what_falls_just_short_of_a_posture_is_none() -> None:
    assert shown({"left_wrist": (-0.5, 2.0)}) == {"upright"}  # one arm across
    assert shown({"left_wrist": (-0.5, 3.8), "right_wrist": (0.5, 3.8)}) == {"upright"}  # crossed below the hips
    assert shown({"left_eye": (0.2, -0.08), "right_eye": (-0.2, -0.12)}) == {"upright"}  # tilted by 6 degrees


def test_hands_in_the_lap_are_not_crossed_arms_and_one_shoulder_up_is_not_upright() -> None:
    assert shown({"left_wrist": (0.2, 3.0), "right_wrist": (-0.2, 3.0)}) == {"upright"}
    assert shown({"left_shoulder": (0.9, 0.8), "right_shoulder": (-0.9, 1.2)}) == frozenset()


def test_a_wrist_without_an_arm_is_not_believed() -> None:
    alone = sighting({"left_wrist": (0.3, 0.3)}, unseen=("left_elbow", "left_shoulder"))
    assert "hand at the face" not in signs([alone], BUSY)


def test_a_hand_that_moves_from_one_second_to_the_next_gestures() -> None:
    moving = [sighting(), sighting({"left_wrist": (1.1, 2.4)}, time=1.0), sighting(time=2.0)]
    assert "gestures" in signs(moving, BUSY)
    later = [moving[0], replace(moving[1], time=3.0)]
    assert "gestures" not in signs(later, BUSY)


def test_what_one_moment_of_four_shows_is_not_enough() -> None:
    touching = {"left_elbow": (1.0, 1.6), "left_wrist": (0.4, 0.9)}
    assert "hand at the face" not in signs([sighting(touching), *[sighting()] * 3], BUSY)
    assert "hand at the face" in signs([sighting(touching), sighting(touching), *[sighting()] * 2], BUSY)


def test_a_growing_face_comes_nearer_but_not_over_a_cut() -> None:
    near = [sighting(time=time, height=0.2 + 0.02 * time) for time in range(5)]
    assert "comes nearer" in signs(near, BUSY)
    assert "comes nearer" not in signs(near[::-1], BUSY)
    assert "comes nearer" not in signs(near, [replace(BUSY[0], time=2.0, cut=True)])


def test_what_is_guessed_below_a_close_up_says_nothing() -> None:
    slumped = {"left_shoulder": (0.9, 0.55), "right_shoulder": (-0.9, 0.55)}
    touching = {"left_elbow": (1.0, 1.6), "left_wrist": (0.4, 0.9)}
    # A face 0.5 of the frame high, from 0.3 down, has 0.9 of its height below its middle; 0.4 high 1.25, 0.3 high 1.8.
    heights = (0.5, 0.4, 0.3)
    assert ["slumped" in signs([sighting(slumped, height=height)], BUSY) for height in heights] == [False, False, True]
    touches = ["hand at the face" in signs([sighting(touching, height=height)], BUSY) for height in heights]
    assert touches == [False, True, True]


@pytest.mark.parametrize(("motion", "sign"), [(0.07, {"moves quickly"}), (0.03, set()), (0.01, {"still"})])
def test_motion_is_a_sign_where_no_body_was_looked_for(motion: float, sign: set[str]) -> None:
    faces = [replace(sighting(), joints=None)]
    assert signs(faces, [replace(BUSY[0], motion=motion)]) == sign


def test_signs_become_columns_in_their_order() -> None:
    table = which([frozenset({SIGNS[0], SIGNS[-1]}), frozenset()])
    assert table.tolist() == [[1.0] + [0.0] * (len(SIGNS) - 2) + [1.0], [0.0] * len(SIGNS)]
    assert which([]).shape == (0, len(SIGNS))
