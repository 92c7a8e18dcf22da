import numpy as np
import pytest

from cer.fusion.calibration import calibration_error, reliability


def test_the_calibration_error_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.6, 0.4]])
    # confidence 0.9, accuracy 0.5: gap 0.4 for half of the items; 0.6 and 1.0: gap 0.4 for the other half
    assert calibration_error(probabilities, np.array([0, 1, 0, 0])) == pytest.approx(0.4)


def test_bins_hold_what_lies_in_them() -> None:
    result = reliability(np.array([[0.9, 0.1], [0.95, 0.05], [0.55, 0.45]]), np.array([0, 1, 0]), bins=10)
    assert result[:, 2].tolist() == [0, 0, 0, 0, 0, 1, 0, 0, 0, 2]
    np.testing.assert_allclose(result[9, :2], [0.925, 0.5])
    np.testing.assert_allclose(result[5, :2], [0.55, 1.0])


def test_certainty_lies_in_the_last_of_fifteen_bins() -> None:
    result = reliability(np.array([[1.0, 0.0]]), np.array([0]))
    assert result[:, 2].tolist() == [0] * 14 + [1]
