"""What Aff-Wild2 and C-EXPR-DB share: videos, and a text file for each person with one class a frame."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from cer.corpora.base import is_video
from cer.errors import DataError
from cer.files import read_file

_SIDES = ("left", "right")
INVALID = -1


def videos(root: Path) -> dict[str, Path]:
    """Every video below a folder by its stem. Raises DataError for two of one stem."""
    paths: dict[str, Path] = {}
    for path in sorted(root.rglob("*")):
        if is_video(path):
            if path.stem in paths:
                raise DataError(f"{root}: two videos are called {path.stem}: {paths[path.stem]} and {path}.")
            paths[path.stem] = path
    return paths


def person_of(stem: str, paths: Mapping[str, Path]) -> tuple[str, str]:
    """The video and the side that an annotation's name means: "12_left" is the left person of "12" unless a video has
    that very name.
    """
    name, _, side = stem.rpartition("_")
    if stem not in paths and side in _SIDES and name in paths:
        return name, side
    return stem, ""


def read_frames(path: Path, classes: Sequence[str], ignored: Sequence[str] = ()) -> list[int]:
    """Positions in `classes` of an annotation file: a header of class names, then a number of the header a line, or -1.

    `ignored`: names of the header that are no class of the corpus; their frames count as invalid. Raises DataError with
    the line that is wrong.
    """
    lines = read_file(path).splitlines()
    header = [_plain(name) for name in lines[0].split(",")] if lines else []
    place = {_plain(name): index for index, name in enumerate(classes)} | {_plain(name): INVALID for name in ignored}
    unknown = [name for name in header if name not in place]
    if not header or unknown:
        raise DataError(f"{path}: the first line must name the classes ({','.join(classes)}); it is {lines[:1]}.")
    numbers = [place[name] for name in header]
    frames = []
    for row, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        try:
            value = int(line)
        except ValueError:
            value = len(numbers)
        if not INVALID <= value < len(numbers):
            raise DataError(f"{path}: line {row} is {line!r}; it must be -1 or a number up to {len(numbers) - 1}.")
        frames.append(INVALID if value == INVALID else numbers[value])
    return frames


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).lower()
