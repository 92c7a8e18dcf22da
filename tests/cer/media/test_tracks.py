"""Tracks and their clocks, on made-up frames. Damaged and joined files are in test_reader."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

from cer.media.container import open_container, origin_of, video_stream
from cer.media.tracks import CLOCK_JUMP, Decoding, _Track
from tests.clips import DEMO, damaged

MILLISECOND = Fraction(1, 1000)


def frame(pts: int | None) -> SimpleNamespace:
    class Stamped(SimpleNamespace):
        @property
        def time(self) -> float:
            return float(self.pts * self.time_base)

    return Stamped(pts=pts, time_base=MILLISECOND)


def placed(*stamps: int | None) -> tuple[list[float], _Track]:
    track = _Track("video", Fraction(1, 10))
    frames = [frame(pts) for pts in stamps]
    for each in frames:
        track.place(each)
    return [each.time for each in frames], track


def test_frames_keep_the_times_that_they_have() -> None:
    times, track = placed(0, 40, 500, 460)  # one comes late, as in streams with frames that refer to later ones
    assert times == [0, 0.04, 0.5, 0.46]
    assert (track.latest, track.joined_at, track.decoded) == (0.5, None, 4)


def test_frames_without_a_time_follow_each_other_at_the_tracks_rate() -> None:
    times, _ = placed(None, None, 700, None)
    assert times == pytest.approx([0, 0.1, 0.7, 0.8])


def test_a_clock_that_starts_anew_goes_on() -> None:
    times, track = placed(0, 5000, 0, 100)
    assert times == pytest.approx([0, 5.0, 5.1, 5.2])
    assert track.joined_at == 5.0


def test_frames_without_a_time_go_on_from_a_new_clock() -> None:
    times, _ = placed(50000, 50040, 0, 40, None, 240)
    assert times == pytest.approx([50.0, 50.04, 50.14, 50.18, 50.3, 50.38])  # in steps of 0.1


def test_a_small_step_back_is_no_new_clock() -> None:
    times, track = placed(0, 5000, round(1000 * (5 - CLOCK_JUMP)))
    assert times == [0, 5.0, 5 - CLOCK_JUMP]
    assert track.joined_at is None


def test_the_first_damage_is_remembered() -> None:
    track = _Track("sound", Fraction(1, 10))
    for time in (3.0, 1.0, None):
        track.damage(time)
    assert (track.damaged, track.first_damage) == (3, 3.0)


def test_losses_are_said_once_everything_was_decoded(tmp_path: Path) -> None:
    texts = []
    for path in (DEMO, damaged(tmp_path / "damaged.mkv")):
        with open_container(path) as container:
            video = video_stream(container)
            assert video is not None
            video.codec_context.thread_count = 1  # slices in several threads are repaired without a word
            decoding = Decoding(container, [video], origin_of(container))
            assert list(decoding.frames())
            texts.append(decoding.losses())
    assert texts[0] == []
    assert len(texts[1]) == 1
    assert texts[1][0].startswith("damaged packets of the video are lost: ")
