import numpy as np
import pytest

from cer.train.calibrate import fit_temperature


def test_the_temperature_that_made_the_data_is_found_again() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 5)) * 2
    honest = np.exp(logits / 3.0)
    honest /= honest.sum(1, keepdims=True)
    truth = np.array([rng.choice(5, p=row) for row in honest])
    assert fit_temperature(logits, np.eye(5)[truth]) == pytest.approx(3.0, rel=0.1)
