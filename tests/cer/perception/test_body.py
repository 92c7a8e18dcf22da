"""Joints: decoding by hand-computed maps, and a portrait's."""

import numpy as np
import pytest

from cer.perception import body
from cer.perception.body import JOINTS, MAPS, SIDE, decode, find_joints, run_network
from cer.perception.face_detection import detect

NOSE, LEFT_EYE, RIGHT_EYE = (JOINTS.index(name) for name in ("nose", "left_eye", "right_eye"))
LEFT_SHOULDER, RIGHT_SHOULDER = (JOINTS.index(name) for name in ("left_shoulder", "right_shoulder"))


def test_a_joint_is_the_likely_place_near_where_the_middle_points() -> None:
    middle, way, joints, offset = (np.zeros((1, depth, MAPS, MAPS), np.float32) for depth in (1, 34, 17, 34))
    middle[0, 0, 20, 24] = 0.9
    middle[0, 0, 1, 1] = 1.0  # surer, but at the edge: 1 / (32.5 + 1.8) against 0.9 / (4 + 1.8)
    way[0, 2 * NOSE : 2 * NOSE + 2, 1, 1] = (39, 27)  # to the other place
    way[0, 2 * NOSE : 2 * NOSE + 2, 20, 24] = (-10, 4)  # rows, columns: the nose is expected at (10, 28)
    joints[0, NOSE, 11, 28] = 0.6  # 0.6 / (1 + 1.8) = 0.214
    joints[0, NOSE, 40, 28] = 0.9  # 0.9 / (30 + 1.8) = 0.028
    offset[0, 2 * NOSE : 2 * NOSE + 2, 11, 28] = (0.5, -0.25)
    assert decode(middle, way, joints, offset)[0, NOSE] == pytest.approx([27.75 / 48, 11.5 / 48, 0.6])


def test_the_network_is_given_minus_one_to_one(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = []

    class Noting:
        def run(self, names: tuple[str, ...], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
            batches.append(inputs["images"])
            return []

    monkeypatch.setattr(body, "_network", Noting)
    image = np.zeros((1, SIDE, SIDE, 3), np.uint8)
    image[0, :, :, 2] = 255
    run_network(image)
    assert batches[0][0, :, 0, 0].tolist() == [-1.0, -1.0, 1.0]


@pytest.fixture(scope="module")
def joints(portrait: np.ndarray) -> np.ndarray:
    return find_joints(portrait, detect(portrait)[0].box)


def test_the_joints_of_a_portrait_are_where_they_are(joints: np.ndarray, portrait: np.ndarray) -> None:
    face = detect(portrait)[0]
    left, top, right, bottom = face.box * 512
    height, middle = max(bottom - top, right - left), np.array([left + right, top + bottom]) / 2
    eyes = (face.landmarks[[1, 0]] * 512 - middle) / height  # the person's left is at the right
    assert joints[[LEFT_EYE, RIGHT_EYE], :2] == pytest.approx(eyes, abs=0.1)
    assert joints[LEFT_SHOULDER, 0] > 0.5 > -0.5 > joints[RIGHT_SHOULDER, 0]
    assert (joints[[LEFT_SHOULDER, RIGHT_SHOULDER], 1] > 0.6).all()
    assert (joints[[NOSE, LEFT_EYE, RIGHT_EYE, LEFT_SHOULDER, RIGHT_SHOULDER], 2] > 0.4).all()


def test_joints_do_not_depend_on_the_shape_of_the_frame(joints: np.ndarray, portrait: np.ndarray) -> None:
    wide = np.concatenate([np.zeros((512, 300, 3), np.uint8), portrait], 1)
    box = detect(portrait)[0].box * np.array([512, 1, 512, 1]) + np.array([300, 0, 300, 0])
    moved = find_joints(wide, box / np.array([812, 1, 812, 1]))
    upper = [NOSE, LEFT_EYE, RIGHT_EYE, LEFT_SHOULDER, RIGHT_SHOULDER]
    assert moved[upper, :2] == pytest.approx(joints[upper, :2], abs=0.15)


def test_what_lies_outside_of_the_frame_is_not_seen(portrait: np.ndarray) -> None:
    box = detect(portrait)[0].box
    chin = round(512 * box[3])
    cut = find_joints(portrait[:chin], box * np.array([1, 512 / chin, 1, 512 / chin]))
    assert (cut[JOINTS.index("left_hip") :, 2] < 0.3).all()
    below = cut[:, 1] * (box[3] - box[1]) * 512 + (box[1] + box[3]) / 2 * 512 >= chin
    assert (cut[below, 2] == 0).all()
