"""predictions.parquet: its columns, and reading and writing it; text files that somebody else wrote."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cer.errors import DataError
from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES

Row = dict[str, Any]

SIMILARITIES = {name: f"pfsa_{name}" for name in MODALITIES}  # PFSA of one modality alone: subsets need it

MATCHED = "scene_label_compound"  # the label matcher queried with the compound labels themselves

QUALITY = "quality"  # in (0, 1], how each modality's evidence was weighed; null where all weigh alike

WIDTHS: Mapping[str, int] = {
    **dict.fromkeys(MODALITIES, len(EMOTIONS)),
    "fused": len(EMOTIONS),
    QUALITY: len(MODALITIES),
    **dict.fromkeys(("ppa", "pfsa", "compound", MATCHED, *SIMILARITIES.values()), len(COMPOUNDS)),
}

TABLE = pa.schema(
    [("id", pa.string()), ("start", pa.float64()), ("end", pa.float64()), ("label", pa.string())]
    + [("media", pa.string()), ("note", pa.string()), ("language", pa.string())]
    + [(view, pa.list_(pa.float32())) for view in WIDTHS]
)


def table_of(rows: list[Row]) -> pa.Table:
    """Rows as a table; columns that a row lacks are null."""
    return pa.Table.from_pylist([{**dict.fromkeys(TABLE.names), **row} for row in rows], TABLE)


_MAX_VALUE = 1e6  # of a number in a column: these are probabilities


def column(table: pa.Table, view: str) -> np.ndarray:
    """A view of every row, float32 [R, K]; NaN rows where it is null. A view the file does not hold is all NaN.

    Raises DataError when it holds something else.
    """
    missing = [np.nan] * WIDTHS[view]
    if view not in table.column_names:
        return np.full((len(table), WIDTHS[view]), np.nan, np.float32)
    values = [missing if value is None else value for value in table[view].to_pylist()]
    with suppress(ValueError, TypeError):
        array = np.array(values, np.float64).reshape(-1, WIDTHS[view])
        if len(array) == len(table) and not (np.abs(array) > _MAX_VALUE).any():
            return array.astype(np.float32)
    raise DataError(f"column {view}: must hold {WIDTHS[view]} probabilities in each row, or null.")


def write(table: pa.Table, path: Path) -> None:
    """Write a parquet file whole or not at all."""
    temporary = path.with_name(path.name + ".tmp")
    pq.write_table(table, temporary)
    os.replace(temporary, path)
