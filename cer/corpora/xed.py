"""XED: film subtitles in nine languages with any number of Plutchik's emotions (Öhman et al., COLING 2020).

One CSV file, plain or gzipped: text, emotions ("joy|surprise", "neutral"), language. English is annotated, the other
languages are projected through parallel subtitles. Anticipation and trust are none of our labels: a line with nothing
else is left out. The file has no splits of its own: one text in ten, by the hash of its words, is "test".
"""

import hashlib
from pathlib import Path

from datasets import Dataset

from cer.corpora.base import WORDS, Corpus, one_file, read
from cer.corpora.multilingual import LABELS, Selection, texts
from cer.corpora.several import label_columns_of
from cer.errors import DataError

_IGNORED = {"anticipation", "trust"}
_TEST_SHARE = 10  # one text in so many
_SPLITS = ("test", "train", "all")

# Of the probability over Neutral and the six labels, chosen for the multilingual head on the 800 lines of train in
# other languages than English that it was trained on, as `python -m eval thresholds` chooses.
THRESHOLDS = {
    "Anger": 0.11, "Disgust": 0.14, "Fear": 0.13,
    "Happiness": 0.10, "Sadness": 0.16, "Surprise": 0.14,
}  # fmt: skip


def split_of(text: str) -> str:
    """ "test" or "train", whatever the language and the order of the file."""
    digest = hashlib.sha256(" ".join(text.lower().split()).encode()).digest()
    return "test" if int.from_bytes(digest[:4], "big") % _TEST_SHARE == 0 else "train"


def rows(root: Path, split: str | None) -> Dataset:
    """split: "test" (the default), "train" or "all"; see Selection for one language or a sample."""
    selection = Selection.of(split or "test")
    if selection.split not in _SPLITS:
        raise DataError(f"--split {split}: xed has {', '.join(_SPLITS)}.")
    table = read(one_file(root, ["xed-subtitles", "xed"], [".csv.gz", ".csv"]), ["text", "emotions", "language"])
    items = [
        {"id": f"{row['language']}-{number:06}", "text": row["text"], "language": row["language"], **label}
        for number, row in enumerate(table.to_list())
        if selection.split in ("all", split_of(row["text"])) and (label := _label(row["emotions"])) is not None
    ]
    chosen = selection.rows([str(item["language"]) for item in items])
    return texts([items[row] for row in chosen])


def _label(emotions: str) -> dict[str, str | None] | None:
    """The columns `label` and `fault`; None for a line whose emotions are none of our labels."""
    names = [name.strip() for name in emotions.split("|") if name.strip()]
    labeled = [name for name in names if name not in _IGNORED]
    if names and not labeled:
        return None
    if not names:
        return {"label": None, "fault": None}
    return label_columns_of([name for name in labeled if name != "neutral"])


CORPUS = Corpus(
    "xed",
    1,
    "XED film subtitles, 9 languages, any number of 6 emotions a line",
    WORDS,
    LABELS,
    rows,
    split="test",
    multi_label=True,
    thresholds=THRESHOLDS,
    protocol="as SemEval-2025 task 11: the mean F1 of the labels, then the mean over languages; thresholds chosen on "
    "train",
)
