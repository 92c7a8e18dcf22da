"""Scores of two files that somebody has: predictions and labels. No corpus, no model."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cer.errors import DataError
from cer.files import read_file
from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES, compound_index, emotion_index
from eval.scores import Scores, accuracy_at, f1_per_class, score
from eval.tables import TABLE, column

MAX_ROWS = 200_000  # rows
MAX_FILE_BYTES = 64 * 2**20  # bytes of text, or of a parquet file's columns when read
_IDS = ("id", "file_name", "image_location", "clip")
_LABELS = ("label", "emotion", "expression", "class", "prediction", "compound expression")


@dataclass(frozen=True, slots=True)
class Compared:
    """Scores over the ids that both files have. classes: the label list; scored: how many; unlabelled and unpredicted:
    ids that only one file has; calibrated: whether the predictions were probabilities, so that ECE says something;
    coverage: accuracy [20] when only a share of COVERAGES is answered, the surest.
    """

    classes: Sequence[str]
    scores: Scores
    scored: int
    unlabelled: int
    unpredicted: int
    calibrated: bool
    coverage: np.ndarray

    def row(self, system: str) -> str:
        """A line for a leaderboard, as markdown."""
        values, intervals = self.scores.values, self.scores.intervals
        low, high = intervals["macro_f1"]
        macro = f"{100 * values['macro_f1']:.2f} [{100 * low:.1f}, {100 * high:.1f}]"
        return f"| {system} | {macro} | {100 * values['uar']:.2f} | {100 * values['war']:.2f} | {self.scored} |"

    def per_class(self) -> list[tuple[str, float, int]]:
        """(class, F1, how often it occurs)."""
        f1 = f1_per_class(self.scores.confusion)
        return [(name, float(f1[k]), int(self.scores.confusion[k].sum())) for k, name in enumerate(self.classes)]

    def to_dict(self) -> dict[str, Any]:
        values = {name: value for name, value in self.scores.values.items() if name != "ece" or self.calibrated}
        return {
            "classes": list(self.classes),
            "scores": values,
            "intervals": {name: list(pair) for name, pair in self.scores.intervals.items()},
            "f1": {name: f1 for name, f1, _ in self.per_class()},
            "confusion": self.scores.confusion.tolist(),
            "scored": self.scored,
            "unlabelled": self.unlabelled,
            "unpredicted": self.unpredicted,
        }


def compare_files(predictions: Path, labels: Path) -> Compared:
    """Score predictions against labels.

    labels: CSV with a column id and a column label. predictions: the same, or one column of probabilities for each
    class, or a predictions.parquet of the harness, or an ABAW submission. Labels are the seven compound expressions or
    the basic emotions, by name or, for compound expressions, by number. Raises DataError that says what is wrong.
    """
    truth = {name: label for name, label in _labels(labels).items() if label}
    if not truth:
        raise DataError(f"{labels.name}: holds no labels.")
    classes, index = _vocabulary(labels, list(truth.values()))
    if predictions.suffix == ".parquet":
        predicted, calibrated = _of_parquet(predictions, classes), True
    else:
        predicted, calibrated = _of_text(predictions, classes, index)
    shared = [name for name in truth if name in predicted]
    if not shared:
        raise DataError(f"{predictions.name} and {labels.name} have no id in common.")
    targets = np.array([index(truth[name]) for name in shared])
    claimed = np.stack([predicted[name] for name in shared])
    scores = score(claimed, targets, np.arange(len(shared)))
    return Compared(
        classes,
        scores,
        len(shared),
        len(predicted) - len(shared),
        len(truth) - len(shared),
        calibrated,
        accuracy_at(claimed.max(1), claimed.argmax(1) == targets),
    )


def _labels(path: Path) -> dict[str, str]:
    header, rows = _table(path)
    key, value = _one_of(path, header, _IDS), _one_of(path, header, _LABELS)
    return {row[key].strip(): row[value].strip() for row in rows}


def _table(path: Path) -> tuple[list[str], list[list[str]]]:
    """A CSV file's header in small letters, and its rows. Raises DataError when it is none."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise DataError(f"{path.name}: has {path.stat().st_size / 2**20:.0f} MB; the most is {MAX_FILE_BYTES >> 20}.")
    try:
        content = list(islice(csv.reader(StringIO(read_file(path))), MAX_ROWS + 2))
    except csv.Error as error:
        raise DataError(f"{path.name}: is no CSV file ({error}).") from error
    rows = [row for row in content[1:] if any(cell.strip() for cell in row)]
    if not rows:
        raise DataError(f"{path.name}: holds no rows below a header. Give a CSV file with the columns id and label.")
    if len(rows) > MAX_ROWS:
        raise DataError(f"{path.name}: has more than {MAX_ROWS} rows, which is the most.")
    header = [name.strip().lower() for name in content[0]]
    for number, row in enumerate(rows, 2):
        if len(row) < 2:
            raise DataError(f"{path.name}: row {number} has {len(row)} cell; {len(header)} are expected.")
    width = len(header)
    return header, [(row + [""] * width)[:width] for row in rows]


def _one_of(path: Path, header: list[str], names: Sequence[str]) -> int:
    for name in names:
        if name in header:
            return header.index(name)
    raise DataError(f"{path.name}: has no column {' or '.join(names)}; it has {', '.join(header)}.")


def _vocabulary(path: Path, labels: list[str]) -> tuple[Sequence[str], Callable[[str], int]]:
    """The label list that all labels belong to, and how a label is found in it."""
    wrong: list[str] = []
    for classes, find in ((COMPOUNDS, _compound), (EMOTIONS, emotion_index)):
        wrong = sorted({label for label in labels if not _known(find, label)})
        if not wrong:
            occurs = {find(label) for label in labels}
            seven = classes is EMOTIONS and EMOTIONS.index("Other") not in occurs
            return (EMOTIONS[:7] if seven else classes), find
    raise DataError(
        f"{path.name}: {wrong[0]!r} is neither a compound expression ({', '.join(COMPOUNDS)}) "
        f"nor a basic emotion ({', '.join(EMOTIONS)})."
    )


def _compound(label: str) -> int:
    if label.isascii() and label.isdigit() and int(label) < len(COMPOUNDS):
        return int(label)
    return compound_index(label)


def _known(find: Callable[[str], int], label: str) -> bool:
    try:
        find(label)
    except ValueError:
        return False
    return True


def _of_parquet(path: Path, classes: Sequence[str]) -> dict[str, np.ndarray]:
    """The decision of a harness run by id: the mean of its segments."""
    try:
        table = _bounded(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name}: not a parquet file that can be read ({type(error).__name__}).") from error
    if "id" not in table.column_names:
        raise DataError(f"{path.name}: is no predictions.parquet of the harness; it has no column id.")
    views = ("compound", "ppa") if classes is COMPOUNDS else ("fused", *MODALITIES)
    try:
        values = next((scores for view in views if not np.isnan(scores := column(table, view)).all()), None)
    except DataError as error:
        raise DataError(f"{path.name}: {error}") from error
    if values is None:
        raise DataError(f"{path.name}: holds no predictions of these classes.")
    if (values < 0).any():
        raise DataError(f"{path.name}: holds a probability below zero.")
    sums: dict[str, np.ndarray] = {}
    for name, row in zip(map(str, table["id"].to_pylist()), values[:, : len(classes)], strict=True):
        if not np.isnan(row).any():
            sums[name] = sums.get(name, np.zeros(len(classes))) + row
    return {name: total / max(total.sum(), 1e-12) for name, total in sums.items()}


def _bounded(path: Path) -> pa.Table:
    """The columns that a comparison may need. Raises DataError when they are too much to read."""
    with pq.ParquetFile(path) as file:
        columns = [name for name in file.schema_arrow.names if name in TABLE.names]
        groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
        size = sum(group.total_byte_size for group in groups)
        if file.metadata.num_rows > MAX_ROWS or size > MAX_FILE_BYTES:
            raise DataError(
                f"{path.name}: has {file.metadata.num_rows} rows of {size / 2**20:.0f} MB; the most is {MAX_ROWS} rows "
                f"of {MAX_FILE_BYTES >> 20} MB."
            )
        return file.read(columns)


def _of_text(path: Path, classes: Sequence[str], index: Callable[[str], int]) -> tuple[dict[str, np.ndarray], bool]:
    """Distributions by id, and whether the file held probabilities."""
    header, rows = _table(path)
    key = _one_of(path, header, _IDS)
    places = _probability_columns(header, index, len(classes))
    value = 1  # of an ABAW submission: its header names the classes, its rows hold one number
    if places is None and header[0] != "image_location":
        value = _one_of(path, header, _LABELS)
    results: dict[str, np.ndarray] = {}
    for number, row in enumerate(rows, 2):
        try:
            if places is not None:
                values = np.array([float(row[place]) for place in places])
                if not np.isfinite(values).all() or (values < 0).any() or values.sum() <= 0:
                    raise ValueError("probabilities must be finite, none negative, and not all zero")
                results[row[key].strip()] = values / values.sum()
            else:
                label = row[value].strip()
                if index(label) >= len(classes):
                    raise ValueError(f"{label!r} is no class of the labels ({', '.join(classes)})")
                results[row[key].strip()] = np.eye(len(classes))[index(label)]
        except ValueError as error:
            raise DataError(f"{path.name}: row {number}: {error}.") from error
    return results, places is not None


def _probability_columns(header: list[str], index: Callable[[str], int], size: int) -> list[int] | None:
    """Where the probability of each class stands, or None when some class has no column, or rows hold one number."""
    if header[0] == "image_location":
        return None
    places: dict[int, int] = {}
    for place, name in enumerate(header):
        if _known(index, name) and not name.isdigit():
            places.setdefault(index(name), place)
    return [places[k] for k in range(size)] if all(k in places for k in range(size)) else None
