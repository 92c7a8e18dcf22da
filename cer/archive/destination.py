"""Where an annotated archive is written: a folder, or an address that fsspec knows, of parquet files in parts.

A part holds the rows of some clips, one file in each table's folder. Its file in `clips` is written last: a part
without one never happened, and its other files are removed by the next run.
"""

import io
import json
import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cer.archive.tables import TABLES, Rows, table_of
from cer.errors import DataError
from cer.files import write_whole

COMMIT = "clips"
MADE_BY = "models.json"  # name -> SHA-256 of what made the tables


class Destination:
    """Parquet tables in parts. Raises DataError when the place cannot be written."""

    def __init__(self, address: str) -> None:
        import fsspec

        try:
            self.system, self.root = fsspec.core.url_to_fs(address if "://" in address else os.path.abspath(address))
            self.local = "://" not in address
            for name in TABLES:
                self.system.makedirs(f"{self.root}/{name}", exist_ok=True)
        except (OSError, ValueError, ImportError) as error:
            raise DataError(f"{address}: cannot be written ({type(error).__name__}: {error}).") from error

    def parts(self, table: str = COMMIT) -> list[str]:
        """The names of a table's parts."""
        self.system.invalidate_cache()
        return sorted(path.rpartition("/")[2] for path in self.system.glob(f"{self.root}/{table}/*.parquet"))

    def finished(self) -> dict[str, tuple[str, str, bool]]:
        """Every clip that has rows: id -> its version, its part, and whether it failed."""
        clips: dict[str, tuple[str, str, bool]] = {}
        for part in self.parts():
            for row in self._read(COMMIT, part).select(["id", "version", "failure"]).to_pylist():
                clips[row["id"]] = (row["version"], part, row["failure"] is not None)
        return clips

    def sweep(self) -> None:
        """Remove what parts that were never finished left."""
        whole = set(self.parts())
        for table in TABLES:
            for part in self.parts(table):
                if part not in whole:
                    self.system.rm_file(f"{self.root}/{table}/{part}")

    def write(self, part: str, rows: Sequence[Rows]) -> None:
        """Write a part; it counts from the moment that this returns."""
        for table in sorted(TABLES, key=lambda name: name == COMMIT):
            self._write(table, part, table_of(table, rows))

    def forget(self, clips: dict[str, str]) -> None:
        """Take the rows of clips out of their parts, id -> part: they will be written anew."""
        for part in sorted(set(clips.values())):
            gone = pa.array([name for name, place in clips.items() if place == part], pa.string())
            for table in sorted(TABLES, key=lambda name: name == COMMIT):
                if part not in self.parts(table):
                    continue
                rows = self._read(table, part)
                self._write(table, part, rows.filter(pc.invert(pc.is_in(rows["id"], gone))))

    def write_text(self, name: str, text: str) -> None:
        self._put(f"{self.root}/{name}", text.encode())

    def _read(self, table: str, part: str) -> pa.Table:
        """Without Arrow's threads, and from memory of Arrow's own: its threads for input read ahead even then, and
        reading a Python object may abort or hang the process at its end (apache/arrow #50482; 19 of 50 processes that
        read two parts and ended at once).
        """
        with self.system.open(f"{self.root}/{table}/{part}", "rb") as file:
            return pq.read_table(pa.BufferReader(file.read()), use_threads=False)

    def made_by(self, models: dict[str, str]) -> None:
        """Remember what makes the tables, name -> hash. Raises DataError when other models made what is there."""
        path = f"{self.root}/{MADE_BY}"
        if self.system.exists(path):
            with self.system.open(path, "rb") as file:
                earlier = json.loads(file.read())
            if earlier != models:
                changed = min(name for name, _ in earlier.items() ^ models.items())
                raise DataError(
                    f"{self.root}: holds tables that other models made ({changed} differs). Give another --out."
                )
        else:
            self.write_text(MADE_BY, json.dumps(models, indent=1) + "\n")

    def _write(self, table: str, part: str, rows: pa.Table) -> None:
        """A part without rows is no file: `datasets` cannot read an empty one."""
        path = f"{self.root}/{table}/{part}"
        if not rows.num_rows:
            if self.system.exists(path):
                self.system.rm_file(path)
            return
        buffer = io.BytesIO()
        pq.write_table(rows, buffer, compression="zstd")
        self._put(path, buffer.getvalue())

    def _put(self, path: str, content: bytes) -> None:
        if self.local:
            write_whole(content, Path(path))
        else:
            self.system.pipe_file(path, content)
