"""The sound that is written beside an annotated clip, from made pieces of sound."""

import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from cer.media import writer
from cer.media.clip import Clip, Sound
from cer.media.writer import MAX_SILENCE, SOUND_RATE

HALF = np.full(SOUND_RATE // 2, 0.5, np.float32)  # half a second at half of full scale
LEVEL = 16383  # what it is in the file


def written(pieces: Sequence[Sound], path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """The samples of the file that is made of `pieces`."""
    monkeypatch.setattr(writer, "stream", lambda clip, rate, sample_rate: iter(pieces))
    clip = Clip(Path("gap.mp4"), "gap.mp4", 5.0, 25.0, 320, 180, True, True, 0)
    assert writer._write_sound(clip, path)
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (SOUND_RATE, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def test_a_gap_in_the_sound_is_written_as_silence_of_its_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = written([Sound(0.0, HALF), Sound(2.0, HALF)], tmp_path / "gap.wav", monkeypatch)
    assert len(samples) == 2.5 * SOUND_RATE
    assert set(samples[: SOUND_RATE // 2]) == set(samples[2 * SOUND_RATE :]) == {LEVEL}
    assert not samples[SOUND_RATE // 2 : 2 * SOUND_RATE].any()


def test_sound_that_begins_late_begins_late_in_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = written([Sound(1.0, HALF)], tmp_path / "late.wav", monkeypatch)
    assert not samples[:SOUND_RATE].any()
    assert len(samples) == 1.5 * SOUND_RATE


def test_pieces_that_follow_each_other_or_overlap_have_no_silence_between(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = written([Sound(0.0, HALF), Sound(0.5, HALF), Sound(0.9, HALF)], tmp_path / "even.wav", monkeypatch)
    assert len(samples) == 1.5 * SOUND_RATE
    assert set(samples) == {LEVEL}


def test_a_gap_of_days_fills_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_SILENCE <= 600
    monkeypatch.setattr(writer, "MAX_SILENCE", 2)
    samples = written([Sound(0.0, HALF), Sound(3 * 86400.0, HALF)], tmp_path / "days.wav", monkeypatch)
    assert len(samples) == 3 * SOUND_RATE
