"""CK+: three ordered frames of each posed expression (Lucey et al., 2010); contempt counts as Other."""

from pathlib import Path
from typing import Any

from datasets import Dataset

from cer.corpora.base import SEQUENCE, Corpus, one_file, read
from cer.errors import DataError
from cer.labels import EMOTIONS, emotion_index


def rows(root: Path, split: str | None) -> Dataset:
    """One item a sequence: its frames in order in `images`, and `subject`, the person. A sequence may lack frames."""
    if split is not None:
        raise DataError(f"--split {split}: ckplus has no splits.")
    table = read(
        one_file(root, ["ckplus48", "ckplus"], [".parquet"]), ["image", "label", "subject", "sequence", "frame"]
    )
    sequences: dict[str, list[dict[str, Any]]] = {}
    for row in table:
        sequences.setdefault(f"{row['subject']}_{row['sequence']}", []).append(row)
    items = []
    for name, frames in sorted(sequences.items()):
        frames.sort(key=lambda row: row["frame"])
        label = EMOTIONS[emotion_index(frames[-1]["label"])]
        images = [row["image"]["bytes"] for row in frames]
        items.append({"id": name, "label": label, "images": images, "subject": str(frames[0]["subject"])})
    return Dataset.from_list(items)


CLASSES = ("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise", "Other")
CORPUS = Corpus("ckplus", 1, "CK+ sequences, 7 posed expressions", SEQUENCE, CLASSES, rows)
