from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from cer.errors import DataError
from cer.labels import COMPOUNDS, EMOTIONS
from eval.scores import COVERAGES
from eval.submit import HEADER
from eval.tables import table_of, write
from eval.tabular import compare_files


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    return written(tmp_path / "labels.csv", "id,label\na,happy\nb,sad\nc,Happiness\nd,fear\n")


def test_labels_against_labels_are_scikit_learns_macro_f1(labels: Path, tmp_path: Path) -> None:
    result = compare_files(written(tmp_path / "p.csv", "id,label\na,joy\nb,happy\nc,happy\nx,fear\n"), labels)
    assert result.scored == 3
    assert (result.unlabelled, result.unpredicted) == (1, 1)
    expected = f1_score([4, 5, 4], [4, 4, 4], labels=range(7), average="macro", zero_division=0)
    assert result.scores.values["macro_f1"] == pytest.approx(expected, abs=1e-12)
    assert "ece" not in result.to_dict()["scores"]
    assert result.row("mine").startswith(f"| mine | {100 * expected:.2f} [")


def test_probabilities_need_one_column_for_each_class(labels: Path, tmp_path: Path) -> None:
    table = pd.DataFrame(np.eye(7)[[4, 5, 4, 3]] * 0.7 + 0.1, columns=EMOTIONS[:7]).assign(id=list("abcd"))
    table.to_csv(tmp_path / "p.csv", index=False)
    result = compare_files(tmp_path / "p.csv", labels)
    assert result.scores.values["war"] == 1
    assert "ece" in result.to_dict()["scores"]


def test_a_harness_run_and_an_abaw_submission_are_understood(tmp_path: Path) -> None:
    rows = [
        {"id": "a", "start": 0.0, "compound": np.eye(7)[1].tolist()},
        {"id": "a", "start": 2.0, "compound": np.eye(7)[1].tolist()},
        {"id": "b", "start": 0.0, "compound": np.eye(7)[6].tolist()},
    ]
    write(table_of(rows), tmp_path / "predictions.parquet")
    labels = written(tmp_path / "labels.csv", f"id,label\na,{COMPOUNDS[1]}\nb,sadly_angry\n")
    assert compare_files(tmp_path / "predictions.parquet", labels).scores.values["war"] == 1
    frames = written(tmp_path / "sub.txt", f"{HEADER}\n01/00001.jpg,3\n01/00002.jpg,0\n")
    numbered = written(tmp_path / "frames.csv", "image_location,label\n01/00001.jpg,3\n01/00002.jpg,5\n")
    assert compare_files(frames, numbered).scores.values["war"] == 0.5


@pytest.mark.parametrize(
    ("predictions", "complaint"),
    [
        ("", "no rows"),
        ("id,label\na,bored\n", "row 2: 'bored'"),
        ("name,label\na,happy\n", "no column id"),
        ("id,label\nz,happy\n", "no id in common"),
        ("id,label\na\n", "row 2 has 1 cell"),
        ("id," + ",".join(EMOTIONS[:7]) + "\na,1,nan,0,0,0,0,0\n", "row 2: probabilities must be finite"),
        ("id,label\na,contempt\n", "is no class of the labels"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(labels: Path, tmp_path: Path, predictions: str, complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        compare_files(written(tmp_path / "p.csv", predictions), labels)


def test_labels_of_no_vocabulary_are_refused(tmp_path: Path) -> None:
    labels = written(tmp_path / "labels.csv", "id,label\na,happy\nb,bored\n")
    with pytest.raises(DataError, match="'bored' is neither"):
        compare_files(labels, labels)


def test_the_surest_answers_are_counted_first_by_hand(tmp_path: Path) -> None:
    rows = [("a", 0.9, 0.1), ("b", 0.8, 0.2), ("c", 0.3, 0.7), ("d", 0.6, 0.4)]
    header = "id,happy,sad,anger,fear,disgust,surprise,neutral\n"
    (tmp_path / "p.csv").write_text(header + "".join(f"{name},{x},{y},0,0,0,0,0\n" for name, x, y in rows))
    (tmp_path / "l.csv").write_text("id,label\na,happy\nb,happy\nc,happy\nd,sad\n")
    compared = compare_files(tmp_path / "p.csv", tmp_path / "l.csv")
    at = dict(zip(COVERAGES.tolist(), compared.coverage.tolist(), strict=True))
    assert at[0.25] == 1
    assert at[0.5] == 1
    assert at[0.75] == pytest.approx(2 / 3)
    assert at[1.0] == 0.5
