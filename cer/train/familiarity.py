"""How near a recording is to those that a head was trained on.

Squared Mahalanobis distance to the nearest corpus' middle, a feature: the covariance S inside corpora by its DIRECTIONS
largest principal directions U (variances l), all others alike (r), each with a ridge. By Woodbury,
d^2 = |x - c|^2 / r - |(x - c) W|^2 with W = U sqrt(1 / r - 1 / l), so one narrow matrix is stored in place of S^-1.
"""

import numpy as np

DIRECTIONS = 64
RIDGE = 0.1  # times the variance of a standardized feature


def fit_familiarity(features: np.ndarray, corpora: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Middles [C, F], W [F, DIRECTIONS] and 1 / r from standardized features [N, F] and the corpus [N] of each."""
    names, of = np.unique(corpora, return_inverse=True)
    middles = np.stack([features[of == number].mean(0) for number in range(len(names))])
    spread = features - middles[of]
    variances, directions = np.linalg.eigh(spread.T @ spread / len(spread))
    rest = float(variances[:-DIRECTIONS].mean()) + RIDGE
    gain = 1 / rest - 1 / (variances[-DIRECTIONS:] + RIDGE)
    return middles, directions[:, -DIRECTIONS:] * np.sqrt(np.maximum(gain, 0)), 1 / rest
