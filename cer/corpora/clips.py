"""Any folder of labelled clips: metadata.csv with file_name and label (the VideoFolder layout of `datasets`)."""

from pathlib import Path

from datasets import Dataset

from cer.corpora.base import VIDEO, Corpus, read
from cer.errors import DataError
from cer.labels import EMOTIONS, emotion_index


def rows(root: Path, split: str | None) -> Dataset:
    folder = root / split if split else root
    table = read(folder / "metadata.csv", ["file_name", "label"]) if (folder / "metadata.csv").is_file() else None
    if table is None:
        raise DataError(f"{folder}: there is no metadata.csv with the columns file_name and label.")
    items = []
    for row in table:
        path = (folder / row["file_name"]).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise DataError(f"{folder / 'metadata.csv'}: {row['file_name']} lies outside the folder.")
        items.append({"id": row["file_name"], "label": _label(row["label"]), "video": str(path)})
    return Dataset.from_list(items)


def _label(text: str | None) -> str | None:
    """One of the emotions, or None where the file names none ("", "happy (evident)" counts as no label)."""
    try:
        return EMOTIONS[emotion_index(text or "")]
    except ValueError:
        return None


CORPUS = Corpus("clips", 1, "A folder of labelled clips, 8 emotions", VIDEO, EMOTIONS, rows)
