"""Small, turned and large faces are detected, and what that may cost."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cer.media.clip import MAX_DETAIL_SIDE, Frame
from cer.media.reader import probe, stream
from cer.perception import face_detection, face_finder
from cer.perception.face_detection import TEMPLATE, Face, crop, detect, overlap
from cer.perception.face_finder import FULL_SEARCH_EVERY, SWEEP_EVERY, TURN_SIDE, Finder, turn_of
from cer.perception.gathering import gather
from cer.perception.identity import embed
from tests.clips import noise, still, write_clip

WHOLE = 416 * 224  # pixels of the ordinary search of a frame of 16 to 9


def moved(portrait: np.ndarray, right: int) -> np.ndarray:
    """The portrait in a wide frame, so many pixels from its left border."""
    frame = np.full((512, 1024, 3), 90, np.uint8)
    frame[:, right : right + 512] = portrait
    return frame


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Pixels of each detector run."""
    pixels: list[int] = []
    run = face_detection.run_detector

    def counted(batch: np.ndarray) -> list[np.ndarray]:
        pixels.append(batch.size // 3)
        return run(batch)

    monkeypatch.setattr(face_detection, "run_detector", counted)
    monkeypatch.setattr(face_finder, "run_detector", counted)
    return pixels


def test_a_known_face_is_followed_and_the_frame_searched_now_and_then(
    portrait: np.ndarray, searches: list[int]
) -> None:
    finder = Finder()
    for step in range(2 * FULL_SEARCH_EVERY):
        image = moved(portrait, 20 * step)
        (result,) = finder.find(image)
        (alone,) = detect(image)
        searches.pop()
        assert overlap(result.box, alone.box) > 0.7
        eyes = np.linalg.norm((alone.landmarks[0] - alone.landmarks[1]) * [1024, 512])
        apart = np.linalg.norm((result.landmarks - alone.landmarks) * [1024, 512], axis=1)
        assert apart.mean() < 0.12 * eyes
    assert searches.count(416 * 192) == 2
    assert searches.count(4 * TURN_SIDE**2) == 1  # of the new face
    assert len(searches) == 2 * FULL_SEARCH_EVERY + 1


def test_a_face_that_jumps_goes_or_is_joined_is_not_lost(portrait: np.ndarray) -> None:
    finder = Finder()
    empty = np.full((512, 1024, 3), 90, np.uint8)
    pair = np.concatenate([portrait, portrait[:, ::-1]], 1)
    assert len(finder.find(moved(portrait, 0))) == 1
    (jumped,) = finder.find(moved(portrait, 500))
    assert jumped.box[0] > 0.5
    assert finder.find(empty) == []
    assert len(finder.find(moved(portrait, 300))) == 1
    counts = [len(finder.find(pair)) for _ in range(FULL_SEARCH_EVERY + 1)]
    assert counts[-1] == 2
    assert len(finder.find(pair)) == 2


def talking_head(portrait: np.ndarray, side: int) -> np.ndarray:
    """The portrait in an inset of so many pixels, at the lower right of a 1080p frame; its face is a fifth of that."""
    frame = noise(1080, 1920)
    inset = Image.fromarray(portrait).resize((side, side), Image.Resampling.BICUBIC)
    frame[1080 - side : 1080, 1920 - side : 1920] = np.asarray(inset)
    return frame


def test_a_small_talking_head_in_1080p_is_detected_and_stays_in_view(portrait: np.ndarray, tmp_path: Path) -> None:
    times = [step / 5 for step in range(2 * FULL_SEARCH_EVERY + 1)]
    path = write_clip(tmp_path / "screen.mp4", still(times, talking_head(portrait, 160)))
    clip = probe(path)
    (block,) = gather(clip, lambda stage, fraction: None)
    assert len(block.sightings) == len(times)
    assert {sighting.person for sighting in block.sightings} == {1}
    left, top, right, bottom = block.sightings[-1].face.box * [1920, 1080, 1920, 1080]
    assert 1760 < left < right < 1920
    assert 920 < top < bottom < 1080
    assert max(right - left, bottom - top) < 60


def test_small_faces_are_cut_out_of_the_larger_image(portrait: np.ndarray, tmp_path: Path) -> None:
    frame = talking_head(portrait, 160)
    (block,) = gather(probe(write_clip(tmp_path / "screen.mp4", still([0, 0.2], frame))), lambda stage, fraction: None)
    sighting = block.sightings[0]
    sharp = crop(frame, sighting.face).astype(float)
    assert np.abs(sighting.crop - sharp).mean() < 5


@pytest.mark.parametrize("turn", [1, 2, 3])
@pytest.mark.parametrize("side", [300, 700, 1080])
def test_a_turned_face_comes_back_where_it_is_and_its_crop_is_upright(
    portrait: np.ndarray, turn: int, side: int
) -> None:
    frame = talking_head(portrait, side)
    turned = np.ascontiguousarray(np.rot90(frame, turn))
    (upright,), finder = Finder().find(frame), Finder()
    for _ in range(FULL_SEARCH_EVERY + 1):
        (face,) = finder.find(turned)
        views = [np.rot90(crop(turned, face), quarter).astype(float) for quarter in range(4)]
        apart = [np.abs(view - crop(frame, upright)).mean() for view in views]
        assert apart[0] < 0.6 * min(apart[1:])


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_a_turned_face_stays_turned_when_a_search_of_the_whole_frame_takes_it_for_upright(
    portrait: np.ndarray, turn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    turned, finder = np.ascontiguousarray(np.rot90(moved(portrait, 200), turn)), Finder()
    (face,) = finder.find(turned)
    wrong = Face(face.box + np.float32(0.02), TEMPLATE, 0.7)
    monkeypatch.setattr(Finder, "_upright", lambda *arguments: [wrong])
    for _ in range(2 * FULL_SEARCH_EVERY):
        (again,) = finder.find(turned)
        assert again.score > 0.7
        assert turn_of(again, turned) == turn_of(face, turned) != 0


def test_a_clip_turned_by_90_degrees_gives_the_same_person(portrait: np.ndarray, tmp_path: Path) -> None:
    frame = moved(portrait, 200)
    people = []
    for name, image in (("upright.mp4", frame), ("turned.mp4", np.rot90(frame))):
        path = write_clip(tmp_path / name, still([step / 5 for step in range(8)], np.ascontiguousarray(image)))
        (block,) = gather(probe(path), lambda stage, fraction: None)
        assert [sighting.person for sighting in block.sightings] == [1] * 8
        people.append(embed(np.stack([sighting.crop for sighting in block.sightings])).mean(0))
    assert people[0] @ people[1] / np.linalg.norm(people[0]) / np.linalg.norm(people[1]) > 0.9


def test_a_clip_without_faces_costs_less_than_two_ordinary_searches_a_frame(searches: list[int]) -> None:
    empty = noise(1080, 1920)
    small = np.asarray(Image.fromarray(empty).resize((640, 360)))
    finder = Finder()
    for _ in range(2):
        finder.find(small, lambda: empty)
    first = sum(searches)
    searches.clear()
    for _ in range(2 * SWEEP_EVERY):
        assert finder.find(small, lambda: empty) == []
    assert searches.count(WHOLE) >= 2 * SWEEP_EVERY
    assert sum(searches) < 2 * 2 * SWEEP_EVERY * WHOLE
    assert first < 90 * WHOLE  # once a minute, tiles at every turn


def test_only_frames_that_are_larger_carry_a_detail(tmp_path: Path) -> None:
    for width, height, detail in ((640, 360, None), (1280, 720, (720, 1280, 3)), (2560, 1440, (1080, 1920, 3))):
        path = write_clip(tmp_path / f"{width}.mp4", still([0, 0.2], np.full((height, width, 3), 90, np.uint8)))
        frames = [item for item in stream(probe(path), 5.0, detail=MAX_DETAIL_SIDE) if isinstance(item, Frame)]
        assert [frame.larger and frame.detail().shape for frame in frames] == [detail] * 2
        assert frames[0].image.shape == (360, 640, 3)
