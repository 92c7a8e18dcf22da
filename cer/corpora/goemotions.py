"""GoEmotions: Reddit comments (arXiv 2005.00547) mapped to Ekman's classes; the corpus is those with exactly one
emotion.
"""

from pathlib import Path

from datasets import Dataset

from cer.corpora.base import WORDS, Corpus, numbered, one_file, positions, read, with_labels
from cer.corpora.several import label_columns_of

# Class frequencies of the training split's comments with one emotion.
PRIOR = {
    "Neutral": 0.3242, "Anger": 0.1085, "Disgust": 0.0126, "Fear": 0.0137,
    "Happiness": 0.3847, "Sadness": 0.0588, "Surprise": 0.0975,
}  # fmt: skip


def comments(root: Path, split: str | None) -> Dataset:
    """Every comment, its emotions as in `cer.corpora.several`; annotators disagree, so Neutral may be among others."""
    table = _table(root, split)
    return with_labels(table, positions(table), [label_columns_of(cell.split("|")) for cell in table["emotions"]])


def rows(root: Path, split: str | None) -> Dataset:
    table = _table(root, split)
    single = [row for row, emotions in enumerate(table["emotions"]) if "|" not in emotions]
    return numbered(table.select(single), "emotions")


def _table(root: Path, split: str | None) -> Dataset:
    return read(one_file(root, [f"goemotions-ekman-{split}", f"goemotions-{split}"], [".csv"]), ["text", "emotions"])


CORPUS = Corpus(
    "goemotions",
    1,
    "GoEmotions comments with one emotion, 7 classes",
    WORDS,
    tuple(PRIOR),
    rows,
    PRIOR,
    "test",
    power=0.5,
)
