import numpy as np
import pytest
from scipy.ndimage import median_filter
from scipy.signal import find_peaks

from cer.media.clip import SAMPLE_RATE
from cer.perception.prosody import PROSODY_WIDTH, median_of_neighbors, peaks_of, prosodic_statistics


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


@pytest.mark.parametrize("length", [2, 3, 5, 50, 2000])
def test_peaks_and_medians_are_those_of_scipy(length: int) -> None:
    rng = np.random.default_rng(length)
    values = np.convolve(rng.normal(-28, 9, length), np.ones(2) / 2)[:length]
    expected, _ = find_peaks(values, prominence=3, height=-25)
    np.testing.assert_array_equal(peaks_of(values, height=-25, prominence=3), expected)
    for size in (3, 5):
        np.testing.assert_array_equal(median_of_neighbors(values, size), median_filter(values, size))
