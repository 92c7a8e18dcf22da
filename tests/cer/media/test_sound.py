"""Sounds and how channels become one. What a whole clip sounds like is in test_reader."""

import io
import wave
from fractions import Fraction

import av
import numpy as np
import pytest

from cer.errors import ClipError
from cer.media.clip import SAMPLE_RATE
from cer.media.sound import CLOCK_GAP, Mix, Sounds, decode_sound

TONE = np.sin(2 * np.pi * 220 * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32) / 2


def wav(samples: np.ndarray, rate: int) -> bytes:
    """Int16 [N, channels] as a WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def frame(samples: np.ndarray, start: float, rate: int = SAMPLE_RATE) -> av.AudioFrame:
    layout = "mono" if len(samples) == 1 else "stereo"
    piece = av.AudioFrame.from_ndarray(samples.astype(np.float32), "fltp", layout)
    piece.sample_rate, piece.time_base, piece.pts = rate, Fraction(1, rate), round(start * rate)
    return piece


def test_two_channels_become_their_mean() -> None:
    np.testing.assert_allclose(Mix(SAMPLE_RATE).convert(np.stack([TONE, 0 * TONE])), TONE / 2, atol=1e-6)


def test_of_channels_that_cancel_each_other_the_louder_is_heard() -> None:
    mixed = Mix(SAMPLE_RATE).convert(np.stack([TONE, -0.9 * TONE]))
    np.testing.assert_allclose(mixed, TONE, atol=1e-6)


def test_a_channel_that_is_louder_for_a_moment_does_not_take_over() -> None:
    mix = Mix(SAMPLE_RATE)
    mix.convert(np.stack([TONE, -TONE]))
    burst = mix.convert(np.stack([TONE, -1.2 * TONE])[:, :160])
    np.testing.assert_allclose(burst, TONE[:160], atol=1e-6)


def test_a_sound_starts_at_its_frames_time_and_goes_on_by_its_samples() -> None:
    sounds = Sounds(origin=1.0)
    pieces = [*sounds.convert(frame(TONE[None], 3.0)), *sounds.convert(frame(TONE[None], 4.02)), *sounds.convert(None)]
    assert pieces[0].time == pytest.approx(2.0)
    ends = [piece.time + len(piece.samples) / SAMPLE_RATE for piece in pieces]
    assert [piece.time for piece in pieces[1:]] == pytest.approx(ends[:-1])
    assert ends[-1] == pytest.approx(4.0, abs=0.01)


def test_a_gap_of_the_clock_moves_what_follows() -> None:
    sounds = Sounds(origin=0.0)
    first = [piece for part in (0.0, 1.0 + 2 * CLOCK_GAP) for piece in sounds.convert(frame(TONE[None], part))]
    assert max(piece.time for piece in first) == pytest.approx(1.0 + 2 * CLOCK_GAP, abs=0.01)


def test_samples_that_are_no_numbers_are_silent_and_loud_ones_are_cut() -> None:
    samples = np.array([[np.nan, np.inf, -np.inf, 3.0, 0.25] * 400], np.float32)
    samples_out = np.concatenate([piece.samples for piece in Sounds(0.0).convert(frame(samples, 0.0))])
    assert samples_out[:5].tolist() == [0.0, 1.0, -1.0, 1.0, 0.25]


def test_encoded_bytes_become_mono_at_the_usual_rate() -> None:
    stereo = np.repeat((TONE[::2, None] * 32767), 2, 1)  # the tone at 8 kHz
    decoded = decode_sound(wav(stereo, SAMPLE_RATE // 2))
    assert decoded.dtype == np.float32
    assert len(decoded) == pytest.approx(SAMPLE_RATE, abs=32)
    assert np.corrcoef(decoded[200:15_000], TONE[200:15_000])[0, 1] > 0.999


@pytest.mark.parametrize(
    ("encoded", "message"),
    [(b"no sound", "no sound that can be read"), (wav(np.zeros((0, 1)), SAMPLE_RATE), "^these bytes hold no sound$")],
)
def test_bytes_without_a_sound_are_refused(encoded: bytes, message: str) -> None:
    with pytest.raises(ClipError, match=message):
        decode_sound(encoded)
