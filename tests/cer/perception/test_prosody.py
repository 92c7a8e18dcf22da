import numpy as np
import pytest

from cer.media.clip import SAMPLE_RATE
from cer.perception.prosody import PROSODY_WIDTH, prosodic_statistics


def saw(pitch: float, seconds: float = 2.0) -> np.ndarray:
    return (0.3 * ((np.arange(int(seconds * SAMPLE_RATE)) * pitch / SAMPLE_RATE) % 1 - 0.5)).astype(np.float32)


@pytest.mark.parametrize("pitch", [100, 200, 400])
def test_the_pitch_of_a_tone_is_measured_in_semitones(pitch: float) -> None:
    assert prosodic_statistics(saw(pitch))[0] == pytest.approx(12 * np.log2(pitch / 100), abs=0.5)


def test_gain_changes_nothing() -> None:
    np.testing.assert_allclose(prosodic_statistics(saw(150)), prosodic_statistics(0.1 * saw(150)), atol=0.02)


@pytest.mark.parametrize("samples", [0, 1, 300, 1000])
def test_silence_of_any_length_has_finite_statistics(samples: int) -> None:
    result = prosodic_statistics(np.zeros(samples, np.float32))
    assert result.shape == (PROSODY_WIDTH,)
    assert np.isfinite(result).all()
