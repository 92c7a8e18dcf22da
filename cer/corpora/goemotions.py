"""GoEmotions: Reddit comments (arXiv 2005.00547) mapped to Ekman's classes; those with exactly one emotion."""

from pathlib import Path

from datasets import Dataset

from cer.corpora.base import WORDS, Corpus, numbered, one_file, read

# Class frequencies of the training split's comments with one emotion.
PRIOR = {
    "Neutral": 0.3242, "Anger": 0.1085, "Disgust": 0.0126, "Fear": 0.0137,
    "Happiness": 0.3847, "Sadness": 0.0588, "Surprise": 0.0975,
}  # fmt: skip


def rows(root: Path, split: str | None) -> Dataset:
    table = read(one_file(root, [f"goemotions-ekman-{split}", f"goemotions-{split}"], [".csv"]), ["text", "emotions"])
    single = [row for row, emotions in enumerate(table["emotions"]) if "|" not in emotions]
    return numbered(table.select(single), "emotions")


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
