"""AFEW: film clips with one of seven emotions (Dhall et al., 2012), in the challenge's folders
{Train,Val}_AFEW/<Emotion>/*.avi.

The corpus is given on request by its authors; see docs/evaluation.md.
"""

from pathlib import Path

from datasets import Dataset, Features, Value

from cer.corpora.base import VIDEO, Corpus, is_video, label_columns
from cer.errors import DataError
from cer.labels import EMOTIONS

CLASSES = EMOTIONS[:7]
_FOLDERS = {"train": "Train_AFEW", "val": "Val_AFEW"}


def rows(root: Path, split: str | None) -> Dataset:
    folder = root / _FOLDERS.get(split or "val", split or "val")
    if not folder.is_dir():
        raise DataError(
            f"{folder}: no such folder; AFEW lies in {' and '.join(_FOLDERS.values())} with a folder for each emotion."
        )
    items = []
    for path in sorted(folder.glob("*/*")):
        if is_video(path):
            label = label_columns(path.parent.name)  # another folder's clips are skipped, each with that reason
            items.append({"id": f"{path.parent.name}/{path.name}", **label, "video": str(path)})
    if not items:
        raise DataError(f"{folder}: holds no clips.")
    return Dataset.from_list(items, Features(dict.fromkeys(("id", "label", "fault", "video"), Value("string"))))


CORPUS = Corpus("afew", 1, "AFEW film clips, 7 emotions, one label a clip", VIDEO, CLASSES, rows, None, "val")
