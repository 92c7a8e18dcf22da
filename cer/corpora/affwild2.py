"""Aff-Wild2, expression track (Kollias and Zafeiriou, 2018): videos from the web with one of eight expressions a frame.

Expected below the root, in any depth: the videos, and the folders Train_Set and Validation_Set with a text file for
each person: a header of eight class names, then one class a frame, -1 where invalid. `_left` and `_right` name the
second person of a video. The corpus is given on request by its authors; see docs/evaluation.md.
"""

from pathlib import Path

from datasets import Dataset

from cer.corpora.annotated import person_of, read_frames, videos
from cer.corpora.base import VIDEO, Corpus
from cer.errors import DataError
from cer.labels import EMOTIONS

_FOLDERS = {"train": "Train_Set", "val": "Validation_Set"}


def rows(root: Path, split: str | None) -> Dataset:
    name = _FOLDERS.get(split or "val", split or "val")
    annotations = sorted(path for folder in root.rglob(name) if folder.is_dir() for path in folder.glob("*.txt"))
    if not annotations:
        raise DataError(f"{root}: no folder {name} with annotations (*.txt) below it.")
    paths = videos(root)
    items = []
    for path in annotations:
        video, side = person_of(path.stem, paths)
        items.append(
            {
                "id": path.stem,
                "label": None,
                "video": str(paths.get(video, root / video)),  # a missing video is skipped with its name
                "person": side,
                "frames": read_frames(path, EMOTIONS),
            }
        )
    return Dataset.from_list(items)


CORPUS = Corpus(
    "affwild2",
    1,
    "Aff-Wild2 expression track, 8 classes, one label a frame",
    VIDEO,
    EMOTIONS,
    rows,
    split="val",
    per_frame=True,
    protocol="8 classes, every valid frame counts once; a frame has the mean of the segments that cover it",
)
