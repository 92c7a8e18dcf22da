import numpy as np
import pytest

from cer.media.clip import SAMPLE_RATE
from cer.train.sound import faster, louder, narrower, noisier, roomier, vary


@pytest.fixture
def voice() -> np.ndarray:
    time = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    return (0.3 * np.sin(2 * np.pi * 200 * time) * (np.sin(2 * np.pi * 2 * time) > 0)).astype(np.float32)


def power(samples: np.ndarray, low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    frequency = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    return float(spectrum[(frequency >= low) & (frequency < high)].sum() / spectrum.sum())


def test_each_change_does_what_it_says(voice: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    lengths = [len(faster(voice, rng)) / len(voice) for _ in range(20)]
    assert 0.92 < min(lengths) < 1 < max(lengths) < 1.08
    levels = [np.std(louder(voice, rng)) / np.std(voice) for _ in range(20)]
    assert min(levels) < 0.5
    assert max(levels) > 1.2
    silence = voice == 0
    assert np.std(voice[silence]) == 0 < np.std(noisier(voice, rng)[silence])
    assert np.std(roomier(voice, rng)[silence]) > 0
    hiss = np.random.default_rng(1).normal(size=len(voice))
    assert power(narrower(hiss, rng), 7500, 8000) < 0.2 * power(hiss, 7500, 8000)


def test_every_chain_keeps_the_form_of_sound(voice: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        changed = vary(voice, rng)
        assert changed.dtype == np.float32
        assert np.isfinite(changed).all()
        assert np.abs(changed).max() <= 1
