import numpy as np
import pytest

from cer.train.calibrate import calibration_error, fit_temperature


def test_the_temperature_that_made_the_data_is_found_again() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 5)) * 2
    honest = np.exp(logits / 3.0)
    honest /= honest.sum(1, keepdims=True)
    truth = np.array([rng.choice(5, p=row) for row in honest])
    assert fit_temperature(logits, np.eye(5)[truth]) == pytest.approx(3.0, rel=0.1)


def test_the_calibration_error_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    # confidence 0.9, accuracy 0.5: gap 0.4 for half of the items; 0.6 and 1.0: gap 0.4 for the other half
    assert calibration_error(probabilities, np.array([0, 1, 0, 0])) == pytest.approx(0.4)
