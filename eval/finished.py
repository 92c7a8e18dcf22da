"""A finished run: what `python -m eval run` left in its folder, read back."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cer.corpora import corpus as find
from cer.corpora.base import Corpus
from cer.errors import DataError
from eval.targets import Targets, targets_of


@dataclass(frozen=True, slots=True)
class Run:
    """A folder that `python -m eval run` wrote. name: what tables and plots call it."""

    folder: Path
    result: dict[str, Any]
    corpus: Corpus
    table: pa.Table
    targets: Targets
    name: str = ""

    @classmethod
    def read(cls, folder: Path) -> "Run":
        """Raises DataError when the folder holds no finished run."""
        try:
            result = json.loads((folder / "results.json").read_text("utf-8"))
            table = pq.read_table(folder / "predictions.parquet")
            frame_table = folder / "frames.parquet"
            frames = pq.read_table(frame_table) if frame_table.exists() else None
        except (OSError, ValueError, pa.ArrowException) as error:
            raise DataError(f"{folder}: holds no finished run ({error}).") from error
        corpus = replace(find(result["corpus"]), classes=tuple(result["classes"]))
        return cls(folder, result, corpus, table, targets_of(corpus, table, frames), folder.name)


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """The runs of several folders, each with a name of its own: its folder's, after as many of the folders above it as
    it takes to tell them apart. Raises DataError when one holds no finished run.
    """
    parts = [folder.resolve().parts for folder in folders]
    depth = 1
    while depth < max(map(len, parts), default=1) and len({part[-depth:] for part in parts}) < len(set(parts)):
        depth += 1
    return [
        replace(Run.read(folder), name="/".join(part[-depth:])) for folder, part in zip(folders, parts, strict=True)
    ]
