"""Scores from confusion counts, so that a bootstrap over clips is one matrix product.

Confusions are [..., C, C]: rows the truth, columns the prediction. Agrees with scikit-learn given a fixed label list:
a class that neither occurs nor is predicted has an F1 of 0 and counts in the mean.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cer.fusion.calibration import calibration_error, reliability

RESAMPLES = 1000
COVERAGES = np.round(np.arange(0.05, 1.001, 0.05), 2)  # shares of the items that are answered
MEASURES = ("macro_f1", "uar", "war", "weighted_f1")
BLEND_MEASURES = ("acc_presence", "acc_salience")
MAX_CACHED_GROUPS = 5_000  # groups whose draws are kept between views: 40 MB


def measures_of(blends: bool) -> tuple[str, ...]:
    """The measures with an interval that a corpus, of blends or not, is scored by."""
    return (*MEASURES, *BLEND_MEASURES) if blends else MEASURES


def headline(blends: bool) -> str:
    """The measure that results on a corpus, of blends or not, are compared by."""
    return "acc_presence" if blends else "macro_f1"


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts [C, C] of integer labels [N]. Raises ValueError for a label outside of 0 to C - 1."""
    labels = np.concatenate([truth, predicted])
    if len(labels) and not (labels.min() >= 0 and labels.max() < classes):
        raise ValueError(f"labels go from 0 to {classes - 1}; given: {labels.min()} to {labels.max()}")
    return np.bincount(truth * classes + predicted, minlength=classes * classes).reshape(classes, classes)


def f1_per_class(counts: np.ndarray) -> np.ndarray:
    """[..., C]: 2 TP / (2 TP + FP + FN), 0 where undefined."""
    hits = np.diagonal(counts, axis1=-2, axis2=-1)
    both = counts.sum(-1) + counts.sum(-2)
    return np.asarray(np.where(both > 0, 2 * hits / np.maximum(both, 1), 0.0))


def macro_f1(counts: np.ndarray) -> np.ndarray:
    """Mean F1 over all classes of the label list [...]."""
    return np.asarray(f1_per_class(counts).mean(-1))


def uar(counts: np.ndarray) -> np.ndarray:
    """Unweighted average recall over the classes that occur [...]; 0 when none does."""
    support = counts.sum(-1)
    recall = np.diagonal(counts, axis1=-2, axis2=-1) / np.maximum(support, 1)
    occurs = support > 0
    return np.asarray((recall * occurs).sum(-1) / np.maximum(occurs.sum(-1), 1))


def war(counts: np.ndarray) -> np.ndarray:
    """Weighted average recall, which is accuracy [...]; 0 without items."""
    hits = np.trace(counts, axis1=-2, axis2=-1)
    return np.asarray(hits / np.maximum(counts.sum((-1, -2)), 1))


def weighted_f1(counts: np.ndarray) -> np.ndarray:
    """F1 weighted by how often a class occurs [...]."""
    support = counts.sum(-1)
    return np.asarray((f1_per_class(counts) * support).sum(-1) / np.maximum(support.sum(-1), 1))


def per_group(truth: np.ndarray, predicted: np.ndarray, groups: np.ndarray, size: int, classes: int) -> np.ndarray:
    """Confusion counts of each group, flat: [size, C * C] of labels [N] and groups [N] from 0 to size - 1."""
    cells = (groups * classes + truth) * classes + predicted
    return np.bincount(cells, minlength=size * classes * classes).reshape(size, classes * classes).astype(np.float64)


def resampled(counts: np.ndarray, seed: int = 0) -> np.ndarray:
    """Bootstrap sums [RESAMPLES, K] of counts [G, K]: the same as `resamples(G) @ counts`, in bounded memory."""
    size = len(counts)
    if size <= MAX_CACHED_GROUPS:
        return np.asarray(resamples(size, seed=seed) @ counts)
    rng, step = np.random.default_rng(seed), max(1, RESAMPLES * MAX_CACHED_GROUPS // size)
    shares = np.full(size, 1 / size)
    steps = [min(step, RESAMPLES - start) for start in range(0, RESAMPLES, step)]
    return np.concatenate([rng.multinomial(size, shares, count).astype(np.float64) @ counts for count in steps])


@lru_cache(maxsize=4)
def resamples(size: int, count: int = RESAMPLES, seed: int = 0) -> np.ndarray:
    """How often each of `size` groups is drawn in each bootstrap resample, float64 [count, size]."""
    return np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), count).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Scores:
    """What is reported of one view. intervals: bootstrap 95 % of the scores of the same name. confusion: counts [C, C].
    reliability: [15, 3], see `cer.fusion.calibration`.
    """

    values: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    confusion: np.ndarray
    reliability: np.ndarray


def score(
    probabilities: np.ndarray,
    truth: np.ndarray,
    groups: np.ndarray,
    seed: int = 0,
    predicted: np.ndarray | None = None,
) -> Scores:
    """Scores of distributions [N, C] against labels [N]; the bootstrap draws whole groups [N] (clips), not rows.

    predicted: the labels [N] that were decided for, where that is not each distribution's strongest class. Calibration
    is of the distributions themselves.
    """
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(1) if predicted is None else predicted
    names, which = np.unique(groups, return_inverse=True)
    counts = per_group(truth, predicted, which, len(names), classes)
    drawn = resampled(counts, seed).reshape(RESAMPLES, classes, classes)
    whole = confusion(truth, predicted, classes)
    measures = {"macro_f1": macro_f1, "uar": uar, "war": war, "weighted_f1": weighted_f1}
    values = {name: float(measure(whole)) for name, measure in measures.items()}
    intervals = {}
    for name, measure in measures.items():
        low, high = np.percentile(measure(drawn), [2.5, 97.5])
        intervals[name] = (float(low), float(high))
    values["ece"] = calibration_error(probabilities, truth)
    return Scores(values, intervals, whole, reliability(probabilities, truth))


def accuracy_at(confidence: np.ndarray, right: np.ndarray, coverages: np.ndarray = COVERAGES) -> np.ndarray:
    """Accuracy [C] when only these shares [C] of N items are answered, the surest first; equally sure ones count as
    their mean. confidence: float [N]; right: bool [N].
    """
    levels, which, counts = np.unique(-confidence, return_inverse=True, return_counts=True)
    rates = np.bincount(which, right, len(levels)) / counts  # of items of one confidence: their order is chance
    hits = np.cumsum(np.repeat(rates, counts))
    answered = np.clip(np.round(coverages * len(right)).astype(int), 1, len(right))
    return np.asarray(hits[answered - 1] / answered)
