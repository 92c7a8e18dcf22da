"""FER+: FER2013 faces with crowd votes (arXiv 1608.01041)."""

from pathlib import Path

from datasets import Dataset

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


def rows(root: Path, split: str | None) -> Dataset:
    table = read(one_file(root, [f"ferplus-{split}"], [".parquet"]), ["image", "votes"])
    labels = [label(votes) for votes in table["votes"]]
    return with_columns(table.remove_columns("votes"), id=positions(table), label=labels)


CORPUS = Corpus("ferplus", 2, "FER+ faces, 8 emotions by majority vote", FACE, EMOTIONS, rows, PRIOR, "test")
