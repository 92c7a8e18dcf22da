"""Aff-Wild2, expression track (Kollias and Zafeiriou, 2018): videos from the web with one of eight expressions a frame.

Expected below the root, in any depth: the videos, and the folders Train_Set and Validation_Set with a text file for
each person: a header of eight class names, then one class a frame, -1 where invalid. `_left` and `_right` name the
second person of a video. The corpus is given on request by its authors; see docs/evaluation.md.
"""

import re
from pathlib import Path

from datasets import Dataset

from cer.corpora.annotated import person_of, read_frames, videos
from cer.corpora.base import VIDEO, Corpus
from cer.errors import DataError
from cer.labels import EMOTIONS

_OTHER_TRACK = re.compile("(va|au)([ _-]|$)", re.IGNORECASE)  # of the challenge, by the name of its folder
_FOLDERS = {"train": "Train_Set", "val": "Validation_Set"}


def rows(root: Path, split: str | None) -> Dataset:
    name = _FOLDERS.get(split or "val", split or "val")
    annotations = _annotations(root, name)
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


def _annotations(root: Path, folder: str) -> list[Path]:
    """The annotation files of a split's folder, wherever it lies but in the tracks of valence and arousal or of action
    units. Raises DataError for two files of a name that contradict each other.
    """
    chosen: dict[str, Path] = {}
    for path in sorted(path for place in root.rglob(folder) if place.is_dir() for path in place.glob("*.txt")):
        tracks = [part for part in path.relative_to(root).parts if _OTHER_TRACK.match(part)]
        if tracks or path.name.startswith("._"):
            continue
        first = chosen.setdefault(path.stem, path)
        if first.read_bytes() != path.read_bytes():
            raise DataError(f"{root}: {first} and {path} give different labels for {path.stem}. Remove one of them.")
    return list(chosen.values())


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
