"""A linear discriminant for data of several corpora and speakers, in closed form.

Class means are taken inside each corpus, around that corpus' own mean, and averaged over the corpora that have the
class: what tells corpora apart does not look like an emotion. With M [C, F] these means and S the covariance inside a
class of a corpus, in which the differences between speakers count SPEAKER_WEIGHT times, plus a ridge:
logits = x S^-1 M' - diag(M S^-1 M') / 2.
"""

import numpy as np

RIDGE = 2.0  # times the variance of a standardized feature
SPEAKER_WEIGHT = 3.0
UNREACHABLE = -30.0  # logit of a class without data


def fit_discriminant(
    features: np.ndarray, emotions: np.ndarray, corpora: np.ndarray, speakers: np.ndarray, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weights [F, classes] and bias [classes] from standardized features [N, F], and the emotion, corpus and speaker
    [N] of each. Corpora count alike.
    """
    means: list[list[np.ndarray]] = [[] for _ in range(classes)]
    covariance = RIDGE * np.eye(features.shape[1], dtype=np.float32)
    names = np.unique(corpora)
    for corpus in names:
        rows = np.flatnonzero(corpora == corpus)
        by_class = {c: features[rows[emotions[rows] == c]].mean(0) for c in np.unique(emotions[rows])}
        middle = np.mean(list(by_class.values()), 0)
        for c, mean in by_class.items():
            means[c].append(mean - middle)
        spread = features[rows] - np.stack([by_class[c] for c in emotions[rows]])
        covariance += _covariance(spread, speakers[rows]) / len(names)
    present = [c for c in range(classes) if means[c]]
    mean = np.stack([np.mean(means[c], 0) for c in present])
    mean -= mean.mean(0)
    weights = np.zeros((features.shape[1], classes), np.float32)
    bias = np.full(classes, UNREACHABLE, np.float32)
    weights[:, present] = np.linalg.solve(covariance, mean.T)
    bias[present] = -np.einsum("cf,fc->c", mean, weights[:, present]) / 2
    return weights, bias


def _covariance(spread: np.ndarray, speakers: np.ndarray) -> np.ndarray:
    """Covariance [F, F] of deviations [N, F] from class means, the part between speakers SPEAKER_WEIGHT times."""
    inside = spread.copy()
    between = np.zeros_like(spread)
    for speaker in np.unique(speakers):
        rows = speakers == speaker
        between[rows] = spread[rows].mean(0)
    inside -= between
    return np.asarray((inside.T @ inside + SPEAKER_WEIGHT * between.T @ between) / len(spread))
