from pathlib import Path

import numpy as np
import pytest

from cer.perception.face_detection import TEMPLATE, Face
from cer.perception.stillness import STILL, changes, grey_of, is_still
from cer.pipeline import analyze
from tests.clips import DEMO, ffmpeg


def face(*box: float) -> Face:
    return Face(np.array(box, np.float32), TEMPLATE, 0.9)


def test_a_face_changes_by_what_its_own_place_does() -> None:
    before = np.zeros((10, 20), np.float32)
    before[:, ::2] = 0.4
    after = before.copy()
    after[:, 10:] += 0.11
    left, right = face(0, 0, 0.45, 0.9), face(0.55, 0, 0.95, 0.9)
    change = changes(after, before, [left, right])
    assert change[0] == 0
    assert change[1] == pytest.approx(0.11 / (0.2 + 0.02), rel=1e-3)
    assert np.isnan(changes(after, None, [left, right])).all()
    assert np.isnan(changes(after, before[:5], [left])).all()
    assert changes(after, before, [face(0.99, 0.99, 1.2, 1.2)]).shape == (1,)


def test_a_picture_is_what_hardly_ever_changes() -> None:
    assert is_still([np.nan, 0.001, 0.001, 0.3])  # a cut now and then
    assert not is_still([np.nan, 0.02, 0.03, 0.001])
    assert not is_still([np.nan])
    assert STILL > 0.001


def test_grey_is_every_second_pixel() -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    image[2, 4] = (255, 0, 0)
    assert grey_of(image).tolist() == [[0, 0, 0], [0, 0, pytest.approx(1 / 3)]]


def test_the_living_person_is_analyzed_and_not_the_larger_photo_on_the_wall(tmp_path: Path) -> None:
    beside = "[0:v]trim=0:3,split[a][b];[a]trim=end_frame=1,scale=480:270,loop=120:1:0,setpts=N/30/TB[photo];"
    beside += "[b]fps=30,scale=320:180,pad=320:270:0:45[living];[living][photo]hstack=shortest=1"
    clip = ffmpeg(tmp_path / "wall.mp4", "-i", str(DEMO), "-filter_complex", beside, "-t", "3", "-an")
    analysis = analyze(clip)
    living, photo = analysis.people
    assert analysis.person == living.id == 1
    assert not living.still
    assert photo.still
    boxes = analysis.boxes[:, [1, 3]].mean(1)  # of the person analyzed: on the left
    assert (boxes < 0.5).all()
