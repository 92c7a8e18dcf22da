"""Reliability of several runs side by side."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eval.calibration import Answers, answers_of, write
from eval.cli import main
from eval.finished import Run, read_runs
from eval.run import Request, run
from eval.scores import COVERAGES
from tests.eval.test_report import made_up


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("runs")
    return made_up(folder / "weak", skill=0.2), made_up(folder / "strong", skill=0.9, seed=1)


def test_the_surest_answers_by_hand(runs: tuple[Path, Path]) -> None:
    """Ten answers: the four surest are right, of the next two, equally sure, one is, the rest is wrong."""
    confidence = np.array([0.9, 0.8, 0.8, 0.7, 0.6, 0.6, 0.5, 0.4, 0.3, 0.2])
    right = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], bool)
    entry = Answers(Run.read(runs[0]), "fused", confidence, right, 0.5, 0.1)
    assert entry.accuracy_at(0.4) == 1
    assert entry.accuracy_at(0.5) == pytest.approx(4.5 / 5)
    assert entry.accuracy_at(0.6) == pytest.approx(5 / 6)
    assert entry.accuracy_at(1.0) == entry.curve()[-1] == pytest.approx(0.5)
    shuffled = np.random.default_rng(0).permutation(10)
    again = Answers(entry.run, "fused", confidence[shuffled], right[shuffled], 0.5, 0.1)
    np.testing.assert_allclose(again.curve(), entry.curve())


def test_a_row_says_what_results_json_says(runs: tuple[Path, Path]) -> None:
    read = Run.read(runs[1])
    entries = {entry.view: entry for entry in answers_of(read)}
    assert entries.keys() == read.result["results"].keys()
    for view, entry in entries.items():
        scores = read.result["results"][view]
        assert entry.ece == pytest.approx(scores["ece"])
        assert entry.right.mean() == pytest.approx(scores["war"])
        assert entry.uar == pytest.approx(scores["uar"])


def test_the_command_writes_a_table_and_curves_of_all_runs(
    runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["calibration", *map(str, runs), "--out", str(out)]) == 0
    assert "| strong | clips |  | fused | 60 |" in capsys.readouterr().out
    table = pd.read_csv(out / "calibration.csv")
    assert len(table) == 2 * 7
    assert set(table["run"]) == {"weak", "strong"}
    curves = pd.read_csv(out / "coverage.csv")
    assert len(curves) == 2 * 7 * len(COVERAGES)
    fused = curves[(curves["run"] == "strong") & (curves["view"] == "fused")].set_index("coverage")["accuracy"]
    assert fused[0.1] > fused[1.0]  # made up so that confidence says something
    drawing = (out / "coverage.svg").read_text()
    assert drawing.startswith("<svg")
    assert "strong, fused" in drawing


def test_runs_of_one_name_are_told_apart_by_where_they_lie(tmp_path: Path) -> None:
    folders = [made_up(tmp_path / place / "embedded", skill=0.5) for place in ("a", "b")]
    assert [each.name for each in read_runs(folders)] == ["a/embedded", "b/embedded"]
    assert [each.name for each in read_runs(folders[:1])] == ["embedded"]
    write(folders, tmp_path / "out")
    assert set(pd.read_csv(tmp_path / "out" / "coverage.csv")["run"]) == {"a/embedded", "b/embedded"}
    drawing = (tmp_path / "out" / "coverage.svg").read_text()
    assert "a/embedded, fused" in drawing
    assert "b/embedded, fused" in drawing


def test_languages_have_rows_of_their_own(tmp_path: Path) -> None:
    lines = [("a", "I am so happy!", "en", 0, 1), ("b", "I am scared.", "en", 1, 0), ("c", "Hurra!", "de", 0, 1)]
    table = pd.DataFrame(lines, columns=["id", "text", "language", "fear", "joy"])
    table.to_csv(tmp_path / "semeval2025-dev.csv", index=False)
    run(Request("semeval2025", tmp_path, tmp_path / "out"), quiet=True)
    entries = {entry.what: entry for entry in answers_of(Run.read(tmp_path / "out"))}
    assert {what: len(entry.right) for what, entry in entries.items()} == {"text": 3, "text, de": 1, "text, en": 2}
