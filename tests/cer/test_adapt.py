import csv
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cer import cli
from cer.adapt import adapt, examples_of, mean_embeddings, weights_behind, with_own_labels
from cer.errors import DataError
from cer.fusion.decision import decision
from cer.fusion.own_labels import OwnLabels, fit, read_own_labels
from cer.observation import Observation
from cer.pipeline import analyze
from cer.results.analysis import Analysis
from cer.results.report import report
from cer.web import handlers, watching
from tests.clips import DEMO, still, write_clip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, portrait: np.ndarray) -> Path:
    """Two labels: the bundled clip, and a portrait that does not move; and a file that is no clip."""
    root = tmp_path_factory.mktemp("examples")
    for label in ("talking", "posing"):
        (root / label).mkdir()
    (root / "talking" / "demo.mp4").write_bytes(DEMO.read_bytes())
    write_clip(root / "posing" / "portrait.mp4", still(np.arange(0, 3, 0.1).tolist(), portrait))
    (root / "posing" / "broken.mp4").write_text("no clip")
    return root


@pytest.fixture(scope="module")
def file(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "own.safetensors"
    assert cli.main(["adapt", "--examples", str(folder), "--out", str(path)]) == 0
    return path


def test_labels_learned_from_a_folder_are_recognized_in_the_clips_they_came_from(
    folder: Path, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = [folder / "talking" / "demo.mp4", folder / "posing" / "portrait.mp4"]
    status = cli.main(["analyze", *map(str, clips), "--prototypes", str(file), "--out", str(tmp_path)])
    assert status == 0
    for name, label in (("demo", "talking"), ("portrait", "posing")):
        own = json.loads((tmp_path / name / "analysis.json").read_text())["own_labels"]
        assert own["labels"] == ["posing", "talking"]
        assert own["labels"][int(np.argmax(own["clip"]))] == label
        rows = list(csv.DictReader((tmp_path / name / "segments.csv").open(newline="", encoding="utf-8")))
        assert [[float(row[f"own {label}"]) for label in own["labels"]] for row in rows] == own["segments"]
        assert f"Your own labels: {label}" in (tmp_path / name / "report.html").read_text()
    assert "Your own labels: talking" in capsys.readouterr().out


def test_a_clip_is_analyzed_anew_for_other_labels_and_not_for_the_same(
    folder: Path, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["analyze", str(folder / "posing" / "portrait.mp4"), "--out", str(tmp_path)]
    assert cli.main([*command, "--quiet"]) == 0
    assert cli.main([*command, "--prototypes", str(file)]) == 0
    assert "analyzed before" not in capsys.readouterr().out
    assert cli.main([*command, "--prototypes", str(file)]) == 0
    assert "analyzed before" in capsys.readouterr().out
    corrected = replace(read_own_labels(file), temperature=0.7)  # the same labels, learned otherwise
    corrected.save(tmp_path / "corrected.safetensors")
    assert cli.main([*command, "--prototypes", str(tmp_path / "corrected.safetensors")]) == 0
    assert "analyzed before" not in capsys.readouterr().out


def test_a_broken_example_is_reported_and_the_others_count(folder: Path) -> None:
    lines: list[str] = []
    own = adapt(folder, report=lines.append)
    assert own.labels == ("posing", "talking")
    assert any("broken.mp4" in line for line in lines)


def test_a_folder_without_examples_says_how_to_lay_them_out(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="folder of its name"):
        examples_of(tmp_path)
    (tmp_path / "tired").mkdir()
    (tmp_path / "tired" / "1.mp4").touch()
    with pytest.raises(DataError, match="one label only, tired"):
        examples_of(tmp_path)
    with pytest.raises(DataError, match="no such folder"):
        examples_of(tmp_path / "nowhere")


def learned(analysis: Analysis, models: Mapping[str, str]) -> OwnLabels:
    vectors = mean_embeddings(analysis)
    other: dict[str, Any] = {name: -vector for name, vector in vectors.items()}
    centers = {name: prototypes.center for name, prototypes in decision().prototypes.items()}
    return fit([("this", vectors), ("that", other)], centers, {"static_face": 1.0}, models)


def test_words_of_another_language_do_not_spoil_a_label(analysis: Analysis) -> None:
    words = analysis.predictions["text"]
    assert words.embedding is not None
    foreign = replace(words, embedding=np.full_like(words.embedding, np.nan))
    means = mean_embeddings(replace(analysis, predictions={**analysis.predictions, "text": foreign}))
    assert "text" in mean_embeddings(analysis)
    assert "text" not in means
    assert all(np.isfinite(mean).all() for mean in means.values())


def test_examples_of_another_profile_are_shown_without_the_labels(
    observed: Observation, analysis: Analysis, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = learned(analysis, {"static_face": "0" * 64})
    monkeypatch.setattr(watching, "OWN_LABELS", foreign)
    with pytest.raises(DataError, match="other models"):
        watching.conclude(observed)
    monkeypatch.setattr(watching, "PROFILE", "paper")
    assert watching.conclude(observed).own_labels == ()


def test_labels_of_other_models_are_refused(analysis: Analysis) -> None:
    assert with_own_labels(analysis, None) is analysis
    same = with_own_labels(analysis, learned(analysis, weights_behind(analysis.models)))
    assert same.own.shape == (len(analysis.segments), 2)
    with pytest.raises(DataError, match="other models"):
        with_own_labels(analysis, learned(analysis, {"static_face": "0" * 64}))


def test_prototypes_fit_the_supervised_profile_too(analysis: Analysis) -> None:
    supervised = analyze(DEMO, profile="supervised")
    assert weights_behind(supervised.models) == weights_behind(analysis.models)


def test_an_output_that_is_a_folder_is_refused_before_any_clip_is_watched(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["adapt", "--examples", str(folder), "--out", str(tmp_path)]) == 2
    printed = capsys.readouterr()
    assert "is a folder" in printed.err
    assert "learned from" not in printed.out


def test_the_page_s_option_names_the_labels(tmp_path: Path) -> None:
    """In a process of its own, for the page reads them when it is imported."""
    command = [sys.executable, "-m", "cer", "app", "--prototypes", str(tmp_path / "own.safetensors")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(cli.__file__).parents[1])
    assert ended.returncode == 2
    assert ended.stderr.startswith("cer: ")
    assert "own.safetensors: cannot be read" in ended.stderr


def test_the_page_shows_the_labels_it_was_started_with(analysis: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    own = learned(analysis, weights_behind(analysis.models))
    shown = with_own_labels(analysis, own)
    assert "Your own labels: this" in handlers.show(shown)[0]
    assert "Your own labels" not in handlers.show(analysis)[0]
    assert "Your own labels: this" in report(shown)
    assert watching.OWN_LABELS is None
