"""Calibration: how far confidence is from accuracy."""

import numpy as np


def reliability(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> np.ndarray:
    """[bins, 3]: mean confidence, accuracy and count of the items whose strongest class lies in each bin."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == truth
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    count = np.bincount(which, minlength=bins)
    sums = [np.bincount(which, value, minlength=bins) for value in (confidence, right.astype(float))]
    return np.stack([*(total / np.maximum(count, 1) for total in sums), count], 1)


def calibration_error(probabilities: np.ndarray, truth: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error: the mean gap between confidence and accuracy over equal-width bins of confidence."""
    confidence, accuracy, count = reliability(probabilities, truth, bins).T
    return float((np.abs(confidence - accuracy) * count).sum() / max(count.sum(), 1))
