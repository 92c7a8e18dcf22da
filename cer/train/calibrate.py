"""The temperature that makes held-out probabilities honest."""

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
