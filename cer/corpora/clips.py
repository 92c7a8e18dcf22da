"""Any folder of labelled clips: metadata.csv with file_name and label (the VideoFolder layout of `datasets`)."""

from pathlib import Path

from datasets import Dataset, Features, Value

from cer.corpora.base import VIDEO, Corpus, is_video, label_columns, read
from cer.errors import DataError
from cer.labels import EMOTIONS


def rows(root: Path, split: str | None) -> Dataset:
    folder = root / split if split else root
    metadata = folder / "metadata.csv"
    labels = _from_metadata(metadata) if metadata.is_file() else _from_folders(folder)
    if not labels:
        raise DataError(
            f"{folder}: there is no metadata.csv with the columns file_name and label, and no folders of clips that "
            "are named after emotions."
        )
    items = []
    for name, label in labels.items():
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise DataError(f"{metadata}: {name} lies outside the folder.")
        items.append({"id": name, **label_columns(label), "video": str(path)})
    kinds = ("id", "label", "fault", "video")
    return Dataset.from_list(items, Features(dict.fromkeys(kinds, Value("string"))))


def _from_metadata(path: Path) -> dict[str, str]:
    """file_name -> label. Raises DataError for a file with two labels."""
    labels: dict[str, str] = {}
    for row in read(path, ["file_name", "label"]):
        name, label = row["file_name"].strip(), row["label"].strip()
        if labels.setdefault(name, label) != label:
            raise DataError(f"{path}: {name} has two labels, {labels[name]!r} and {label!r}. Leave one of them.")
    return labels


def _from_folders(folder: Path) -> dict[str, str]:
    """Clips in folders that are named after their label, as in root/{train,test}/{happy,sad}/."""
    clips = [path for path in sorted(folder.rglob("*")) if is_video(path) and path.parent != folder]
    return {str(path.relative_to(folder)): path.parent.name for path in clips}


CORPUS = Corpus("clips", 1, "A folder of labelled clips, 8 emotions", VIDEO, EMOTIONS, rows)
