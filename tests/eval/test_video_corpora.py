"""Whole runs over video corpora in their official layouts, with the shipped models."""

import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest

from cer.errors import DataError
from cer.labels import COMPOUNDS
from cer.media.reader import frame_times
from eval.cli import main
from eval.finished import Run
from eval.run import Request, run
from eval.submit import HEADER, problems, read_manifest, submission

SCHEMA = json.loads((Path(__file__).parents[2] / "eval" / "results.schema.json").read_text())


@pytest.fixture(scope="module")
def predicted(c_expr_db: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    result = run(Request("c-expr-db", c_expr_db, out), quiet=True)
    jsonschema.validate(result, SCHEMA)
    assert result["n"] == 2
    assert result["scored"] == 0
    assert result["results"] == {}
    return out


def manifest_of(path: Path, rows: list[str]) -> Path:
    path.write_text("\n".join([HEADER, *(f"{row}," for row in rows)]) + "\n")
    return path


def test_affwild2_is_scored_by_valid_frames_and_by_the_person_meant(affwild2: Path, tmp_path: Path) -> None:
    result = run(Request("affwild2", affwild2, tmp_path), quiet=True)
    jsonschema.validate(result, SCHEMA)
    assert [item["id"] for item in result["skipped"]] == ["gone"]
    assert result["n"] == 3
    assert result["scored"] == 4 + 80 + 230
    assert np.sum(result["results"]["fused"]["confusion"]) == 314
    rows = pd.read_parquet(tmp_path / "predictions.parquet").set_index("id")
    left, right = rows.loc["7-30-1920x1080_left"], rows.loc["7-30-1920x1080_right"]
    # One face is the other's mirror image, and the network averages both: but they are two tracks, two crops.
    assert not np.array_equal(left["static_face"].iloc[0], right["static_face"].iloc[0])


def test_afew_is_scored_by_clip(afew: Path, tmp_path: Path) -> None:
    result = run(Request("afew", afew, tmp_path), quiet=True)
    jsonschema.validate(result, SCHEMA)
    assert result["n"] == result["scored"] == 2
    assert len(result["classes"]) == 7
    assert "audio" in result["results"]


def test_labels_beside_c_expr_db_are_scored_frame_by_frame(c_expr_db: Path, predicted: Path, tmp_path: Path) -> None:
    root = tmp_path / "labelled"
    (root / "annotations").mkdir(parents=True)
    for video in (c_expr_db / "videos").iterdir():
        (root / video.name).write_bytes(video.read_bytes())
        frames = "\n".join(["Sadly Angry,Other,Happily Surprised", *["2"] * 20, *["1"] * 20, *["0"] * 3])
        (root / "annotations" / f"{video.stem}.txt").write_text(frames)
    result = run(Request("c-expr-db", root, tmp_path / "out"), quiet=True)
    assert result["scored"] == 2 * 23
    assert set(result["results"]) >= {"static_face", "ppa", "pfsa", "compound"}
    again = run(Request("c-expr-db", root, tmp_path / "again"), quiet=True)
    assert json.dumps(again) == json.dumps(result)


def test_a_submission_has_every_row_of_the_manifest_once_and_no_other(predicted: Path, tmp_path: Path) -> None:
    options = [f"02/{number:05}.jpg" for number in (1, 2, 9, 400)] + ["01/00003.jpg"]
    manifest = read_manifest(manifest_of(tmp_path / "manifest.txt", options))
    content = submission(predicted, manifest)
    assert [line.split(",")[0] for line in content.splitlines()[1:]] == options
    assert problems(content, manifest) == []
    table = pd.read_parquet(predicted / "predictions.parquet")
    rows = table[table["id"] == "02"]
    time = frame_times(Path(__file__).parents[2] / "examples" / "demo.mp4")[8]
    covering = rows[(rows["start"] <= time) & (time < rows["end"])]
    expected = int(np.stack(covering["compound"].to_list()).mean(0).argmax())
    assert content.splitlines()[3] == f"02/00009.jpg,{expected}"


def test_videos_without_predictions_are_named_or_given_one_class(predicted: Path, tmp_path: Path) -> None:
    manifest = read_manifest(manifest_of(tmp_path / "manifest.txt", ["01/00001.jpg", "56/00001.jpg"]))
    with pytest.raises(DataError, match="56"):
        submission(predicted, manifest)
    content = submission(predicted, manifest, missing="sadly_angry")
    assert content.splitlines()[2] == "56/00001.jpg,6"


def test_a_manifest_with_more_rows_than_frames_is_filled_by_a_rule_that_is_said(
    predicted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f"02/{number:05}.jpg" for number in range(1, 256)]
    manifest = manifest_of(tmp_path / "manifest.txt", [*rows, "01/00001.jpg"])
    out = tmp_path / "submission.txt"
    assert main(["submit", "--run", str(predicted), "--manifest", str(manifest), "--out", str(out)]) == 0
    printed = capsys.readouterr().err
    assert "1 videos (02) have more rows than decoded frames: rows beyond have the class of the last moment" in printed
    assert "1 videos (01) have fewer rows than decoded frames" in printed
    assert len({line.split(",")[1] for line in out.read_text().splitlines()[250:256]}) == 1


def test_what_cannot_become_a_submission_is_one_line(
    predicted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run of another corpus, no run, a class that does not exist, a manifest that names a frame twice."""
    manifest = manifest_of(tmp_path / "manifest.txt", ["01/00001.jpg", "56/00001.jpg"])
    twice = manifest_of(tmp_path / "twice.txt", ["01/00001.jpg", "01/00001.jpg"])
    other = tmp_path / "other"
    shutil.copytree(predicted, other)
    result = json.loads((other / "results.json").read_text())
    (other / "results.json").write_text(json.dumps({**result, "corpus": "affwild2", "classes": ["Neutral", "Anger"]}))
    for run_folder, file, more, complaint in [
        (other, manifest, [], "is a run of affwild2, whose labels are not the challenge's"),
        (tmp_path / "gone", manifest, [], "is no finished run"),
        (predicted, manifest, ["--missing", "nonsense"], "--missing nonsense:"),
        (predicted, twice, [], "line 3 is 01/00001.jpg, as line 2 is"),
    ]:
        assert main(["submit", "--run", str(run_folder), "--manifest", str(file), *more]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert complaint in line


def test_the_validator_says_what_is_wrong(tmp_path: Path) -> None:
    manifest = read_manifest(manifest_of(tmp_path / "m.txt", ["01/00001.jpg", "01/00002.jpg", "02/00001.jpg"]))
    right = f"{HEADER}\n01/00001.jpg,0\n01/00002.jpg,6\n02/00001.jpg,3\n"
    assert problems(right, manifest) == []
    for broken, complaint in [
        (right.replace("image", "img", 1), "line 1"),
        (right.replace(",6", ",7"), "line 3: '7' is no class"),
        (right.replace("01/00002.jpg,6\n", ""), "1 rows of the manifest are missing, the first is 01/00002.jpg"),
        (right + "03/00001.jpg,1\n", "not in the manifest, the first is 03/00001.jpg on line 5"),
        (right + "02/00001.jpg,1\n", "line 5: 02/00001.jpg is on line 4 already"),
        (f"{HEADER}\n01/00002.jpg,6\n01/00001.jpg,0\n02/00001.jpg,3\n", "order differs"),
        ("", "line 1"),
    ]:
        result = problems(broken, manifest)
        assert any(complaint in item for item in result), (broken, result)


def test_the_commands_write_check_and_refuse(
    predicted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = manifest_of(tmp_path / "manifest.txt", ["01/00001.jpg"])
    out = tmp_path / "sub" / "mine.txt"
    assert main(["submit", "--run", str(predicted), "--manifest", str(manifest), "--out", str(out)]) == 0
    assert main(["submit", "--check", str(out), "--manifest", str(manifest)]) == 0
    out.write_text(out.read_text() + "99/00001.jpg,0\n")
    assert main(["submit", "--check", str(out), "--manifest", str(manifest)]) == 1
    assert "not in the manifest" in capsys.readouterr().out
    manifest.write_text("image_location\n../../etc/passwd\n")
    assert main(["submit", "--check", str(out), "--manifest", str(manifest)]) == 2
    assert "line 2" in capsys.readouterr().err


def test_a_run_without_labels_can_be_reported(predicted: Path) -> None:
    assert main(["report", str(predicted)]) == 0
    text = (predicted / "report.md").read_text()
    assert "no labels here" in text
    assert Run.read(predicted).result["classes"] == list(COMPOUNDS)
