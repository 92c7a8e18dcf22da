"""How many faces of a frame are followed, with a made frame and a finder whose faces are made."""

from pathlib import Path

import numpy as np
import pytest

from cer.media.clip import Clip, Frame
from cer.perception import face_finder, gathering
from cer.perception.face_detection import TEMPLATE, Face
from tests.clips import noise

CLIP = Clip(Path("crowd.mp4"), "crowd.mp4", 1.0, 5.0, 160, 120, True, False, 0)
SIDES = np.linspace(0.14, 0.05, 10)  # shares of the frame's width, the largest face first


def faces() -> list[Face]:
    """Ten faces in two rows, each somewhat smaller than the one before it."""
    result = []
    for number, side in enumerate(SIDES):
        corner = np.array([0.02 + 0.19 * (number % 5), 0.1 + 0.5 * (number // 5)])
        box = np.array([*corner, *(corner + np.array([side, side * 160 / 120]))], np.float32)
        result.append(Face(box, (TEMPLATE * (box[2:] - box[:2]) + corner).astype(np.float32), 0.9))
    return result


def test_the_eight_largest_faces_of_a_frame_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    crowd = faces()
    monkeypatch.setattr(face_finder.Finder, "find", lambda finder, image, detail: crowd)
    monkeypatch.setattr(gathering, "stream", lambda clip, rate, detail, warn: [Frame(0.0, noise())])
    (block,) = gathering.gather(CLIP, lambda stage, fraction: None)
    assert [sighting.face.box.tolist() for sighting in block.sightings] == [face.box.tolist() for face in crowd[:8]]
    assert len({sighting.person for sighting in block.sightings}) == 8
    assert block.cues[0].faces == 8
