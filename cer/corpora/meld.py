"""MELD: utterances of the series Friends (arXiv 1810.02508). Read from its authors' files, or from CSV files with the
columns text and emotion.
"""

from pathlib import Path

from datasets import Dataset

from cer.corpora.base import WORDS, Corpus, numbered, one_file, read

# Class frequencies of the official training split.
PRIOR = {
    "Neutral": 0.4715, "Anger": 0.1110, "Disgust": 0.0271, "Fear": 0.0268,
    "Happiness": 0.1745, "Sadness": 0.0684, "Surprise": 0.1206,
}  # fmt: skip


def rows(root: Path, split: str | None) -> Dataset:
    path = one_file(root, [f"meld-{split}", f"{split}_sent_emo"], [".csv"])
    if "Utterance" in path.read_text("utf-8", "replace").split("\n", 1)[0]:
        table = read(path, ["Utterance", "Emotion"]).rename_columns({"Utterance": "text", "Emotion": "emotion"})
    else:
        table = read(path, ["text", "emotion"])
    return numbered(table, "emotion")


CORPUS = Corpus(
    "meld",
    1,
    "MELD utterances, 7 emotions",
    WORDS,
    tuple(PRIOR),
    rows,
    PRIOR,
    "test",
    power=0.5,
    source="https://raw.githubusercontent.com/declare-lab/MELD/master/data/MELD/{split}_sent_emo.csv",
)
