"""Clips that lie in rows of Parquet and Arrow files, as `datasets` stores a column of videos or of sounds."""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cer.errors import DataError
from cer.media.clip import AUDIO_SUFFIXES, VIDEO_SUFFIXES

SUFFIXES = (".parquet", ".arrow")  # endings of files with rows
_ENDINGS = {"Video": ".mp4", "Audio": ".wav"}  # of a clip without a name; what it holds decides how it is decoded


def clips_in(address: str) -> Iterator[tuple[int, str]]:
    """Row and ending of each clip of a table; nothing for a table that has no column of clips. Raises OSError or
    ValueError when it cannot be read.
    """
    schema = _arrow(address).schema if address.endswith(".arrow") else _parquet(address).schema_arrow
    column, ending = _column(schema)
    if not column:
        return
    if address.endswith(".arrow"):
        clips = _arrow(address)[column]
    else:
        clips = _parquet(address).read(columns=[f"{column}.path"])[column]
    for row, name in enumerate(pc.struct_field(clips, "path").to_pylist()):
        suffix = PurePosixPath(name or "").suffix.lower()
        if suffix in VIDEO_SUFFIXES | AUDIO_SUFFIXES or ending:
            yield row, suffix or ending


def clip_at(address: str, row: int) -> bytes:
    """The clip of a row: its bytes, or those of the file that a table of this machine names. Raises DataError when it
    has neither, OSError or ValueError when the table cannot be read.
    """
    if address.endswith(".arrow"):
        table = _arrow(address)
        clip = table[_column(table.schema)[0]][row].as_py()
    else:
        metadata = _parquet(address).metadata
        starts = np.cumsum([0, *(metadata.row_group(group).num_rows for group in range(metadata.num_row_groups))])
        group = int(np.searchsorted(starts, row, "right")) - 1
        clip = _row_group(address, group)[row - int(starts[group])].as_py()
    if clip["bytes"] is not None:
        return bytes(clip["bytes"])
    if "://" in address or not Path(clip["path"] or "").is_file():
        raise DataError(f"row {row} of {address} names a file that is not there.")
    return Path(clip["path"]).read_bytes()


def _column(schema: pa.Schema) -> tuple[str, str]:
    """The column of clips and the ending of those without a name: what `datasets` wrote down as Video or Audio, else
    the first with bytes and a path. ("", "") where there is none.
    """
    noted = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    kinds = {name: feature.get("_type") for name, feature in noted.get("info", {}).get("features", {}).items()}
    for kind, ending in _ENDINGS.items():
        for name in schema.names:
            if kinds.get(name) == kind:
                return name, ending
    for field in schema:
        if pa.types.is_struct(field.type) and not kinds and {"bytes", "path"} <= {part.name for part in field.type}:
            return field.name, ""
    return "", ""


@lru_cache(maxsize=1)
def _arrow(address: str) -> pa.Table:
    """A stream of Arrow batches as `datasets` saves them; a file of this machine is mapped, not read."""
    import fsspec

    source = fsspec.open(address, "rb").open() if "://" in address else pa.memory_map(address)
    return pa.ipc.open_stream(source).read_all()


@lru_cache(maxsize=1)
def _parquet(address: str) -> pq.ParquetFile:
    import fsspec

    return pq.ParquetFile(fsspec.open(address, "rb").open())


@lru_cache(maxsize=1)
def _row_group(address: str, group: int) -> pa.ChunkedArray:
    """The clips of a row group, which neighbors share."""
    file = _parquet(address)
    column, _ = _column(file.schema_arrow)
    return file.read_row_group(group, columns=[column])[column]
