"""Blends: from probabilities to at most two emotions with their salience, and the two measures of BLEMORE.

The measures follow the definition of arXiv 2601.13225 and the organizers' published functions: saliences are in percent
and count as equal when they are the same whole number. BLEMORE knows 50/50, 70/30 and 30/70, so that equal saliences
are the same order, or equality, of both emotions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cer.labels import EMOTIONS

MIN_PRESENCE = 0.25  # probability from which the second emotion counts as present
MAX_EQUAL = 0.15  # difference of the two probabilities up to which both are equally salient
STRONG, WEAK, EQUAL = 0.7, 0.3, 0.5  # shares of salience
_NEVER_BLENDED = frozenset({"Neutral", "Other"})

Emotion = Mapping[str, Any]  # {"emotion": str, "salience": float, in percent}


def blend(
    probabilities: np.ndarray, presence: float = MIN_PRESENCE, salience: float = MAX_EQUAL
) -> list[tuple[str, float]]:
    """The emotions that probabilities [8] stand for, the most salient first, with shares of salience that sum to 1.

    The strongest is always present. The second is if its probability is at least `presence` and neither of the two is
    Neutral or Other. They are equally salient if their probabilities differ by at most `salience`.
    """
    first, second = np.argsort(-probabilities, kind="stable")[:2]
    names = EMOTIONS[int(first)], EMOTIONS[int(second)]
    if probabilities[second] < presence or _NEVER_BLENDED & set(names):
        return [(names[0], 1.0)]
    shares = (EQUAL, EQUAL) if probabilities[first] - probabilities[second] <= salience else (STRONG, WEAK)
    return list(zip(names, shares, strict=True))


def decide(probabilities: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """The salience in percent of each class, int [N, L], of probabilities [N, 8] over those classes."""
    saliences = np.zeros((len(probabilities), len(classes)), int)
    for row, values in enumerate(probabilities):
        for name, share in blend(values):
            saliences[row, classes.index(name)] = round(100 * share)
    return saliences


def presence_is_right(predicted: Sequence[Emotion], label: Sequence[Emotion]) -> bool:
    """Whether exactly the emotions of the label are predicted, whatever their salience."""
    return {entry["emotion"] for entry in predicted} == {entry["emotion"] for entry in label}


def salience_is_right(predicted: Sequence[Emotion], label: Sequence[Emotion]) -> bool:
    """Whether both emotions of a blend are predicted with its saliences, in whole percent."""
    if len(label) != 2:
        raise ValueError(f"salience is scored of two emotions; this label has {len(label)}")
    return len(predicted) == 2 and _in_percent(predicted) == _in_percent(label)


def _in_percent(emotions: Sequence[Emotion]) -> dict[str, int]:
    return {str(entry["emotion"]): round(float(entry["salience"])) for entry in emotions}


def acc_presence(predictions: Sequence[Sequence[Emotion]], references: Sequence[Sequence[Emotion]]) -> float:
    """Share of the items with exactly the emotions that are present; 0 without items."""
    right = [presence_is_right(*pair) for pair in zip(predictions, references, strict=True)]
    return sum(right) / max(len(right), 1)


def acc_salience(predictions: Sequence[Sequence[Emotion]], references: Sequence[Sequence[Emotion]]) -> float:
    """Share of the blends with both emotions and their saliences; 0 without blends."""
    pairs = zip(predictions, references, strict=True)
    right = [salience_is_right(predicted, label) for predicted, label in pairs if len(label) == 2]
    return sum(right) / max(len(right), 1)
