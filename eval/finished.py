"""A finished run: what `python -m eval run` left in its folder, read back."""

import json
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
    """A folder that `python -m eval run` wrote."""

    folder: Path
    result: dict[str, Any]
    corpus: Corpus
    table: pa.Table
    targets: Targets

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
        return cls(folder, result, corpus, table, targets_of(corpus, table, frames))
