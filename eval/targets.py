"""From segments to what is scored: a clip, or each of its frames."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from cer.corpora.base import Corpus
from cer.corpora.several import saliences_of


@dataclass(frozen=True, slots=True)
class Targets:
    """N clips or frames against R segments. cover: bool [N, R], the segments that count for each; whole: [N, R], all
    segments of its clip; truth: int [N], positions in the corpus' classes, or int [N, L], the salience of each of its L
    classes where an item has several (`cer.corpora.several`); groups: int [N], the clip, for the bootstrap; ids: [G],
    the clips' names; languages: str [N], of such items, "" where the corpus has none.
    """

    cover: csr_array
    whole: csr_array
    truth: np.ndarray
    groups: np.ndarray
    ids: np.ndarray
    languages: np.ndarray | None = None

    def average(self, values: np.ndarray) -> np.ndarray:
        """Mean of the segments' values float [R, K] that cover each target, float64 [N, K]; NaN rows of `values` are
        segments without a value.

        A frame that no segment with a value covers has its clip's mean; NaN where the clip has none.
        """
        valid = ~np.isnan(values).any(1)
        filled = np.where(valid[:, None], values, 0).astype(np.float64)
        total, count = self.cover @ filled, self.cover @ valid.astype(np.float64)
        bare = count == 0
        if bare.any():
            total[bare], count[bare] = (self.whole @ filled)[bare], (self.whole @ valid.astype(np.float64))[bare]
        with np.errstate(invalid="ignore"):
            return np.asarray(total / count[:, None])


def targets_of(corpus: Corpus, table: pa.Table, frames: pa.Table | None) -> Targets:
    """What a run's predictions are scored against: its clips with a label, or its frames with a valid one."""
    ids, clip_of_row = np.unique(np.array(table["id"].to_pylist(), str), return_inverse=True)
    rows = np.arange(len(clip_of_row))
    members = csr_array((np.ones(len(rows)), (clip_of_row, rows)), shape=(len(ids), len(rows)))
    if frames is None:
        label_of = dict(zip(table["id"].to_pylist(), table["label"].to_pylist(), strict=True))
        groups = np.array([row for row, name in enumerate(ids) if label_of[name] is not None], int)
        if corpus.multi_label:
            truth = np.array([saliences_of(label_of[name], corpus.classes) for name in ids[groups]], int)
            truth = truth.reshape(len(groups), len(corpus.classes))
            return Targets(members[groups], members[groups], truth, groups, ids, _languages(table, ids[groups]))
        truth = np.array([corpus.classes.index(label_of[name]) for name in ids[groups]], int)
        return Targets(members[groups], members[groups], truth, groups, ids)
    labels = frames["label"].to_numpy()
    names = np.array(frames["id"].to_pylist(), str)
    scored = np.flatnonzero((labels >= 0) & np.isin(names, ids))
    groups = np.searchsorted(ids, names[scored])
    return Targets(
        _covering(table, clip_of_row, groups, frames["time"].to_numpy()[scored]),
        members[groups],
        labels[scored].astype(int),
        groups,
        ids,
    )


def _languages(table: pa.Table, names: np.ndarray) -> np.ndarray:
    """The language of each named item, str [N]."""
    if "language" not in table.column_names:
        return np.full(len(names), "")
    language_of = dict(zip(table["id"].to_pylist(), table["language"].to_pylist(), strict=True))
    return np.array([language_of[name] or "" for name in names], str)


def members(table: pa.Table) -> dict[str, np.ndarray]:
    """The rows of each clip, by its id."""
    ids, clip_of_row = np.unique(np.array(table["id"].to_pylist(), str), return_inverse=True)
    return {str(name): np.flatnonzero(clip_of_row == clip) for clip, name in enumerate(ids)}


def at(clip: pa.Table, times: np.ndarray) -> csr_array:
    """Which segments of a clip cover each time [T]: [T, R]; the table holds the R segments of that clip alone."""
    return _covering(clip, np.zeros(len(clip), int), np.zeros(len(times), int), times)


def _covering(table: pa.Table, clip_of_row: np.ndarray, groups: np.ndarray, times: np.ndarray) -> csr_array:
    """[N, R]: segment r belongs to the clip of target n and start <= time < end; the last one covers its end too, as in
    `cer.segments.timeline`.
    """
    starts, ends = table["start"].to_numpy(), table["end"].to_numpy().copy()
    last: dict[int, int] = {}
    for row, clip in enumerate(clip_of_row):
        if clip not in last or starts[row] > starts[last[clip]]:
            last[clip] = row
    ends[list(last.values())] = np.inf
    order = np.argsort(groups, kind="stable")
    bounds = np.searchsorted(groups[order], np.arange(clip_of_row.max(initial=-1) + 2))
    target_of, row_of = [np.zeros(0, int)], [np.zeros(0, int)]
    for row, clip in enumerate(clip_of_row):
        rows = order[bounds[clip] : bounds[clip + 1]]
        inside = rows[(times[rows] >= starts[row]) & (times[rows] < ends[row])]
        target_of.append(inside)
        row_of.append(np.full(len(inside), row))
    columns, lines = np.concatenate(row_of), np.concatenate(target_of)
    return csr_array((np.ones(len(lines)), (lines, columns)), shape=(len(times), len(clip_of_row)))
