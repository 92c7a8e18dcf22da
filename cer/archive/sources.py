"""Which clips an archive holds: a folder, a pattern, a list, or an address that fsspec knows (s3://, hf://, ...). Rows
of Parquet and Arrow files are clips too.
"""

import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from cer.archive import rows
from cer.errors import DataError
from cer.files import read_file
from cer.media.clip import AUDIO_SUFFIXES, VIDEO_SUFFIXES
from cer.names import printable

LISTS = (".txt", ".lst", ".csv")  # endings of a list of clips
_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Item:
    """A clip of an archive. id: its address below the source, by which its rows are known; version: changes when the
    clip does (size and time of change, or what the store calls its version). row: where the address is a table of
    clips, None elsewhere; ending: of the clip's name.
    """

    id: str
    address: str
    version: str
    row: int | None = None
    ending: str = ""


def items_of(source: str) -> list[Item]:
    """The clips of a source, in order of their ids. Raises DataError when there is none."""
    path = Path(source)
    if "://" in source:
        items = list(_remote(source))
    elif path.suffix.lower() in LISTS and path.is_file():
        items = list(_listed(path))
    elif path.is_dir() or path.is_file():
        items = list(_remote(str(path.resolve()), may_be_pattern=False))  # brackets are part of the name
    elif _WILD & set(source):
        items = list(_remote(os.path.abspath(source)))
    else:
        raise DataError(f"{source}: no such folder, pattern or list of clips.")
    if not items:
        endings = ", ".join(sorted(VIDEO_SUFFIXES | AUDIO_SUFFIXES))
        raise DataError(f"{source}: holds no clips (files that end in {endings}, or a table with a column of them).")
    return sorted(items, key=lambda item: item.id)


def shard(items: Sequence[Item], number: int, count: int) -> list[Item]:
    """The items of shard `number` of `count`, from 1: a clip is in the same shard whatever else the source holds."""
    if not 1 <= number <= count:
        raise DataError(f"--shard {number}/{count}: the first number goes from 1 to the second.")
    return [item for item in items if zlib.crc32(item.id.encode()) % count == number - 1]


@contextmanager
def fetched(item: Item) -> Iterator[Path]:
    """The clip as a file of this machine; a copy of a remote one is gone afterwards. Raises OSError."""
    if "://" not in item.address and item.row is None:
        yield Path(item.address)
        return
    import fsspec

    with tempfile.TemporaryDirectory(prefix="cer-") as folder:
        path = Path(folder) / f"clip{item.ending or PurePosixPath(item.address).suffix}"
        if item.row is not None:
            path.write_bytes(rows.clip_at(item.address, item.row))
        else:
            with fsspec.open(item.address, "rb") as remote, path.open("wb") as local:
                shutil.copyfileobj(remote, local)
        yield path


def _remote(address: str, *, may_be_pattern: bool = True) -> Iterator[Item]:
    """The clips below an address, of one file, or that match a pattern; a local path is an address too."""
    import fsspec

    try:
        system, root = fsspec.core.url_to_fs(address)
        scheme = address.split("://", 1)[0] + "://" if "://" in address else ""
        if may_be_pattern and _WILD & set(root):
            entries = system.glob(root, detail=True)
            root = root[: min(root.index(sign) for sign in _WILD & set(root))].rpartition("/")[0]
        else:
            entries = system.find(root, detail=True)
            root = root if system.isdir(root) else root.rpartition("/")[0]
    except (OSError, ValueError, ImportError) as error:
        raise DataError(f"{address}: cannot be read ({type(error).__name__}: {error}).") from error
    for name, details in entries.items():
        plain = name.removeprefix(root).lstrip("/")
        hidden = any(part.startswith(".") for part in PurePosixPath(plain).parts)
        if details["type"] == "file" and not hidden and (_is_clip(name) or name.endswith(rows.SUFFIXES)):
            full = name if not scheme else scheme + name.split("://", 1)[-1]
            yield from _whole_or_rows(Item(plain, full, _version(details)))


def _whole_or_rows(item: Item) -> Iterator[Item]:
    """A file, or the clips in its rows where it is a table. A table that cannot be read fails as one clip does."""
    if not item.address.endswith(rows.SUFFIXES):
        yield item
        return
    try:
        for row, ending in rows.clips_in(item.address):
            yield replace(item, id=f"{item.id}#{row}", row=row, ending=ending)
    except (OSError, ValueError):
        yield item


def _listed(path: Path) -> Iterator[Item]:
    """The clips that a text file names, one in each line, relative to its folder or as addresses."""
    for line in dict.fromkeys(line.strip() for line in read_file(path).splitlines()):
        if not line or line.startswith("#"):
            continue
        if "://" in line:
            for item in _remote(line):
                yield replace(item, id=line if item.row is None else f"{line}#{item.row}")
            continue
        clip = path.parent / line
        if not clip.is_file():
            raise DataError(f"{path}: names {printable(line)}, which is not there.")
        status = clip.stat()
        yield from _whole_or_rows(Item(line, str(clip.resolve()), f"{status.st_size}-{status.st_mtime_ns}"))


def _is_clip(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in VIDEO_SUFFIXES | AUDIO_SUFFIXES


def _version(details: dict[str, Any]) -> str:
    mark = next((details[key] for key in ("ETag", "etag", "blob_id", "mtime", "last_modified") if details.get(key)), "")
    return f"{details.get('size')}-{mark}"
