"""FER+: FER2013 faces with the votes of ten people each (arXiv 1608.01041); contempt counts as Other."""

from pathlib import Path

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray

from cer.corpora.base import FACE, Corpus, one_file, positions, read, with_columns
from cer.labels import EMOTIONS, emotion_index

_VOTES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")

# Shares of the majority labels in the official training split.
PRIOR = {
    "Neutral": 0.3631, "Anger": 0.0911, "Disgust": 0.0075, "Fear": 0.0275,
    "Happiness": 0.2638, "Sadness": 0.1217, "Surprise": 0.1194, "Other": 0.0058,
}  # fmt: skip


def label(votes: list[int]) -> str | None:
    """The emotion with most votes, the first of equals; None when the crowd mostly said "unknown" or "no face"."""
    if votes.index(max(votes)) >= len(_VOTES):
        return None
    emotions = votes[: len(_VOTES)]
    return EMOTIONS[emotion_index(_VOTES[emotions.index(max(emotions))])]


def distributions(votes: NDArray[np.int64]) -> NDArray[np.float32]:
    """Votes [N, 10] of faces with a label as distributions float32 [N, 8] over EMOTIONS.

    A single vote out of ten is noise and counts as none, as the authors of FER+ do; so do votes for "unknown" and "no
    face".
    """
    counts = votes[:, : len(_VOTES)].astype(np.float32)
    counts = np.where((counts > 1) | (counts == counts.max(1, keepdims=True)), counts, 0)
    targets = np.zeros((len(counts), len(EMOTIONS)), np.float32)
    for column, name in enumerate(_VOTES):
        targets[:, emotion_index(name)] += counts[:, column]
    return targets / targets.sum(1, keepdims=True)


def rows(root: Path, split: str | None) -> Dataset:
    """Items with `votes` [10] beside the label."""
    table = read(one_file(root, [f"ferplus-{split}"], [".parquet"]), ["image", "votes"])
    labels = [label(votes) for votes in table["votes"]]
    return with_columns(table, id=positions(table), label=labels)


CORPUS = Corpus("ferplus", 2, "FER+ faces, 8 emotions by majority vote", FACE, EMOTIONS, rows, PRIOR, "test")
