import numpy as np

from cer.perception.prosody import PROSODY_WIDTH, prosodic_statistics
from cer.perception.voice_encoder import WIDTH
from cer.perception.voice_statistics import STATISTICS_WIDTH, voice_statistics


def test_means_come_first_then_deviations_then_prosody() -> None:
    rows = np.zeros((4, WIDTH), np.float32)
    rows[:, 0] = [1, 2, 3, 6]  # mean 3, variance (4 + 1 + 0 + 9) / 4
    rows[:, -1] = 5
    samples = np.sin(2 * np.pi * 220 * np.arange(16_000) / 16_000).astype(np.float32) / 4
    statistics = voice_statistics(rows, samples)
    assert statistics.shape == (STATISTICS_WIDTH,)
    assert statistics.dtype == np.float32
    np.testing.assert_allclose(statistics[[0, 1, WIDTH - 1]], [3, 0, 5])
    np.testing.assert_allclose(statistics[[WIDTH, WIDTH + 1]], [np.sqrt(3.5), 1e-3], rtol=1e-5)
    np.testing.assert_allclose(statistics[-PROSODY_WIDTH:], prosodic_statistics(samples), rtol=1e-6)


def test_the_order_of_the_rows_does_not_matter_but_that_of_the_samples_does() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, WIDTH)).astype(np.float32)
    rising = np.sin(2 * np.pi * (120 + 60 * np.arange(16_000) / 16_000) * np.arange(16_000) / 16_000) * 0.3
    forward, backward = voice_statistics(rows, rising), voice_statistics(rows[::-1], rising[::-1])
    np.testing.assert_allclose(forward[: 2 * WIDTH], backward[: 2 * WIDTH], atol=1e-5)
    assert np.abs(forward[2 * WIDTH :] - backward[2 * WIDTH :]).max() > 0.01
