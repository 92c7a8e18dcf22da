"""What predictions are scored against, by hand on made tables."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from datasets import Dataset

from cer.corpora.base import VIDEO, Corpus
from eval.tables import table_of
from eval.targets import at, members, targets_of

CORPUS = Corpus("made", 1, "", VIDEO, ("Anger", "Fear", "Sadness"), lambda root, split: Dataset.from_dict({}))
#        clip, start, end, label; the rows of a clip need not be together, nor in order
ROWS = [("b", 2.0, 5.0, "Fear"), ("a", 0.0, 4.0, "Sadness"), ("b", 0.0, 4.0, "Fear"), ("c", 0.0, 4.0, None)]
VALUES = np.array([[0.2, 0.8], [0.3, 0.7], [0.6, 0.4], [0.9, 0.1]])
NOTHING = [np.nan, np.nan]


def table(rows: list[tuple[str, float, float, str | None]] = ROWS, **more: list[str]) -> pa.Table:
    columns = [dict(zip(("id", "start", "end", "label"), row, strict=True)) for row in rows]
    return table_of([{**row, **{name: more[name][i] for name in more}} for i, row in enumerate(columns)])


def frames(moments: list[tuple[str, float, int]]) -> pa.Table:
    """Frames: clip, seconds, label."""
    names, times, labels = zip(*moments, strict=True)
    return pa.table({"id": list(names), "time": list(times), "label": pa.array(labels, pa.int8())})


def with_gaps(*rows: int) -> np.ndarray:
    values = VALUES.copy()
    values[list(rows)] = np.nan
    return values


def test_clips_with_a_label_are_scored_by_the_mean_of_their_segments() -> None:
    result = targets_of(CORPUS, table(), None)
    assert result.ids.tolist() == ["a", "b", "c"]
    assert result.groups.tolist() == [0, 1]
    assert result.truth.tolist() == [2, 1]
    assert result.languages is None
    np.testing.assert_allclose(result.average(VALUES), [[0.3, 0.7], [0.4, 0.6]])


def test_segments_without_a_value_leave_the_mean_to_the_others() -> None:
    result = targets_of(CORPUS, table(), None)
    np.testing.assert_allclose(result.average(with_gaps(0)), [[0.3, 0.7], [0.6, 0.4]])
    np.testing.assert_allclose(result.average(with_gaps(1)), [NOTHING, [0.4, 0.6]])
    partly = VALUES.copy()
    partly[0, 1] = np.nan
    np.testing.assert_allclose(result.average(partly), [[0.3, 0.7], [0.6, 0.4]])


def test_labels_of_several_emotions_are_their_saliences_with_the_language() -> None:
    several = replace(CORPUS, multi_label=True)
    rows = [(name, start, end, label and f"{label} 30|Anger 70") for name, start, end, label in ROWS]
    result = targets_of(several, table(rows, language=["de", "", "de", "en"]), None)
    assert result.truth.tolist() == [[70, 0, 30], [70, 30, 0]]
    assert result.languages is not None
    assert result.languages.tolist() == ["", "de"]
    np.testing.assert_allclose(result.average(VALUES), [[0.3, 0.7], [0.4, 0.6]])
    without = targets_of(several, table(rows).drop_columns(["language"]), None)
    assert without.languages is not None
    assert without.languages.tolist() == ["", ""]


def test_without_a_labeled_clip_several_labels_have_no_rows_but_their_columns() -> None:
    result = targets_of(replace(CORPUS, multi_label=True), table([("c", 0.0, 4.0, None)]), None)
    assert result.truth.shape == (0, 3)


def test_frames_are_scored_by_the_segments_that_cover_them() -> None:
    moments = [("b", 0.0, 1), ("b", 1.9, 0), ("b", 2.0, 2), ("b", 3.9, 1), ("b", 4.0, 1), ("b", 9.0, 1), ("a", 0.0, 0)]
    result = targets_of(CORPUS, table(), frames(moments))
    assert result.truth.tolist() == [1, 0, 2, 1, 1, 1, 0]
    assert result.groups.tolist() == [1, 1, 1, 1, 1, 1, 0]
    first, both, last = [0.6, 0.4], [0.4, 0.6], [0.2, 0.8]
    np.testing.assert_allclose(result.average(VALUES), [first, first, both, both, last, last, [0.3, 0.7]])


def test_frames_without_a_label_or_of_a_clip_without_predictions_are_not_scored() -> None:
    moments = [("a", 0.5, -1), ("gone", 1.0, 1), ("a", 1.5, 0), ("b", 0.5, 2)]
    result = targets_of(CORPUS, table(), frames(moments))
    assert result.truth.tolist() == [0, 2]
    assert result.groups.tolist() == [0, 1]
    np.testing.assert_allclose(result.average(VALUES), [[0.3, 0.7], [0.6, 0.4]])


def test_a_frame_whose_segments_have_no_value_has_the_mean_of_its_clip() -> None:
    result = targets_of(CORPUS, table(), frames([("b", 0.5, 1), ("b", 3.0, 1), ("a", 0.5, 1)]))
    np.testing.assert_allclose(result.average(with_gaps(2)), [[0.2, 0.8], [0.2, 0.8], [0.3, 0.7]])
    np.testing.assert_allclose(result.average(with_gaps(0, 2)), [NOTHING, NOTHING, [0.3, 0.7]])


def test_the_rows_of_each_clip_and_the_segments_of_one_at_some_times() -> None:
    assert {name: rows.tolist() for name, rows in members(table()).items()} == {"a": [1], "b": [0, 2], "c": [3]}
    own = table().take(members(table())["b"])
    covering = at(own, np.array([0.0, 1.9, 2.0, 3.9, 4.0, 5.0])).toarray()
    np.testing.assert_array_equal(covering, [[0, 1], [0, 1], [1, 1], [1, 1], [1, 0], [1, 0]])


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]])
def test_the_order_of_the_rows_does_not_matter(order: list[int]) -> None:
    moments = frames([("b", 4.5, 1), ("a", 4.5, 1), ("b", 0.5, 1)])
    result = targets_of(CORPUS, table([ROWS[row] for row in order]), moments)
    np.testing.assert_allclose(result.average(VALUES[order]), [[0.2, 0.8], [0.3, 0.7], [0.6, 0.4]])
