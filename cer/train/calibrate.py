"""Calibration: the temperature that makes held-out probabilities honest, and the error that is left."""

import numpy as np
from scipy.optimize import minimize_scalar


def fit_temperature(logits: np.ndarray, targets: np.ndarray, log_prior: np.ndarray | float = 0.0) -> float:
    """The T that minimises the cross-entropy of softmax(logits / T + log_prior) against distributions targets [N, C]
    (Guo et al., arXiv 1706.04599)."""

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature) + log_prior
        scaled = scaled - scaled.max(1, keepdims=True)
        log_probabilities = scaled - np.log(np.exp(scaled).sum(1, keepdims=True))
        return float(-(targets * log_probabilities).sum(1).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


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
