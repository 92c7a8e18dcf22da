"""What makes probabilities honest on items of another kind than the model was trained on."""

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import log_softmax


def fit_temperature(logits: np.ndarray, targets: np.ndarray, log_prior: np.ndarray | float = 0.0) -> float:
    """The T that minimises the cross-entropy of softmax(logits / T + log_prior) against distributions targets [N, C]
    (Guo et al., arXiv 1706.04599)."""

    def loss(log_temperature: float) -> float:
        log_probabilities = log_softmax(logits / np.exp(log_temperature) + log_prior, axis=1)
        return float(-(targets * log_probabilities).sum(1).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def fit_scaling(logits: np.ndarray, targets: np.ndarray, log_prior: np.ndarray) -> tuple[float, np.ndarray]:
    """The scale s and the bias b [C] that minimise the cross-entropy of softmax(s * logits + b + log_prior) against
    distributions targets [N, C] (bias-corrected temperature scaling, Alexandari et al., arXiv 1901.06852)."""

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        scale, bias = np.exp(parameters[0]), parameters[1:]
        log_probabilities = log_softmax(scale * logits + bias + log_prior, axis=1)
        error = (np.exp(log_probabilities) - targets) / len(logits)
        gradient = np.concatenate([[scale * (error * logits).sum()], error.sum(0)])
        return float(-(targets * log_probabilities).sum(1).mean()), gradient

    fitted = minimize(loss, np.zeros(logits.shape[1] + 1), jac=True, method="L-BFGS-B").x
    return float(np.exp(fitted[0])), fitted[1:].astype(np.float32)
