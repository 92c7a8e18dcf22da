import argparse
import csv
import json
from pathlib import Path

import pytest

from cer import command_analyze
from cer.cli import main
from cer.progress import Progress
from cer.results.analysis import Analysis
from cer.results.document import document as results_document
from tests.clips import DEMO, noise, still, write_clip


def test_an_unreadable_clip_costs_one_line_and_exit_3_and_the_others_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "notes.mp4").write_text("dear diary")
    status = main(
        ["analyze", str(tmp_path / "empty.mp4"), str(DEMO), str(tmp_path / "notes.mp4"), "--out", str(tmp_path / "out")]
    )
    printed = capsys.readouterr()
    assert status == 3
    lines = printed.err.strip().splitlines()
    assert [("empty.mp4" in lines[0], "notes.mp4" in lines[1])] == [(True, True)]
    assert len(lines) == 2
    assert "happiness" in printed.out
    assert {path.name for path in (tmp_path / "out" / "demo").iterdir()} == {
        "analysis.json",
        "segments.csv",
        "timeline.csv",
        "report.html",
    }


def test_the_document_on_disk_is_the_analysis(tmp_path: Path, analysis: Analysis) -> None:
    assert main(["analyze", str(DEMO), "--out", str(tmp_path), "--quiet"]) == 0
    document = json.loads((tmp_path / "demo" / "analysis.json").read_text())
    expected = results_document(analysis)
    assert {**document, "timings": 0} == {**json.loads(json.dumps(expected)), "timings": 0}


def test_a_person_who_is_not_in_the_clip_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(DEMO), "--out", str(tmp_path), "--person", "5", "--quiet"]) == 2
    assert "person 5" in capsys.readouterr().err


def test_a_clip_called_dot_dot_writes_below_the_folder_and_its_escape_codes_reach_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = [tmp_path / name for name in ("...mp4", "..mp4", "\x1b[2J\udcff.mp4", "con.mp4", "CON.mov")]
    for clip in clips:
        write_clip(tmp_path / "x.mp4", still([0, 0.2], noise())).rename(clip)
    (tmp_path / "report.html").write_text("older")
    assert main(["analyze", *map(str, clips), str(tmp_path / "\x1b[1m.mp4"), "--out", str(tmp_path / "out")]) == 3
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err
    assert (tmp_path / "report.html").read_text() == "older"
    folders = {path.parent for path in tmp_path.rglob("analysis.json")}
    assert folders == {tmp_path / "out" / name for name in ("clip", "mp4", "_[2J_", "_con", "_CON.mov")}


def test_a_second_run_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    """Neither the annotated video of another clip nor, when it fails, any result."""
    clip, folder = tmp_path / "a.mp4", tmp_path / "out" / "a"
    write_clip(clip, still([0, 0.5, 1.0], noise()))
    assert main(["analyze", str(clip), "--out", str(tmp_path / "out"), "--video", "--quiet"]) == 0
    assert (folder / "annotated.mp4").is_file()
    (folder / "notes.txt").write_text("of the user")
    assert main(["analyze", str(clip), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    assert not (folder / "annotated.mp4").exists()
    clip.write_bytes(b"no clip any more")
    assert main(["analyze", str(clip), "--out", str(tmp_path / "out"), "--quiet"]) == 3
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def small_clip(path: Path, seed: int = 0) -> Path:
    """A second of noise: read fast, with nobody in view."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_clip(path, still([0.0, 0.2, 0.4, 0.6, 0.8], noise(60, 80, seed)))


def test_a_folder_is_analyzed_clip_by_clip_with_an_index_of_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small_clip(tmp_path / "clips" / "b.mp4")
    small_clip(tmp_path / "clips" / "a.mkv", seed=1)
    small_clip(tmp_path / "clips" / "deeper" / "c.mp4", seed=2)
    small_clip(tmp_path / "clips" / "._b.mp4")  # macOS puts them on foreign disks
    (tmp_path / "clips" / "broken.mp4").write_text("no video")
    (tmp_path / "clips" / "notes.txt").write_text("no clip")
    out = tmp_path / "out"
    assert main(["analyze", str(tmp_path / "clips"), "--out", str(out)]) == 3
    rows = list(csv.DictReader((out / "summary.csv").open(newline="")))
    assert [(row["results"], bool(row["problem"])) for row in rows] == [("a", False), ("b", False), ("broken", True)]
    assert (rows[0]["state"], rows[0]["people"], rows[0]["label"], rows[0]["problem"]) == ("unclear", "0", "", "")
    page = (out / "index.html").read_text()
    assert 'href="a/report.html"' in page
    assert "broken.mp4" in page
    assert "c.mp4" not in page
    assert "index.html" in capsys.readouterr().out
    assert main(["analyze", str(tmp_path / "clips"), "--out", str(out), "--recursive", "--quiet"]) == 3
    assert [row["results"] for row in csv.DictReader((out / "summary.csv").open(newline=""))][-1] == "c"


def test_what_was_analyzed_before_is_not_analyzed_again_unless_something_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, out = small_clip(tmp_path / "clip.mp4"), tmp_path / "out"
    analyzed = []
    plain = command_analyze.run

    def counted(path: Path, folder: Path, options: argparse.Namespace, progress: Progress) -> Analysis:
        analyzed.append(path.name)
        return plain(path, folder, options, progress)

    monkeypatch.setattr(command_analyze, "run", counted)
    command = ["analyze", str(clip), "--out", str(out), "--quiet"]
    for extra, times in (([], 1), ([], 1), (["--overwrite"], 2), (["--video"], 3), (["--video"], 3), ([], 4)):
        assert main([*command, *extra]) == 0
        assert len(analyzed) == times, extra
    small_clip(clip, seed=5)  # other content under the same name
    assert main(command) == 0
    assert len(analyzed) == 5
    monkeypatch.setattr("cer.clips.__version__", "0.0.1")
    assert main(command) == 0
    assert len(analyzed) == 6


def test_a_folder_without_a_clip_costs_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small_clip(tmp_path / "deeper" / "a.mp4")
    assert main(["analyze", str(tmp_path), "--out", str(tmp_path / "out")]) == 3
    assert "--recursive" in capsys.readouterr().err
    assert main(["analyze", str(tmp_path), "--out", str(tmp_path / "out"), "--recursive", "--quiet"]) == 0


def test_names_of_clips_are_text_in_the_index(tmp_path: Path) -> None:
    small_clip(tmp_path / "clips" / "<b>=1+1.mp4")
    small_clip(tmp_path / "clips" / "=SUM(A1).mp4")
    assert main(["analyze", str(tmp_path / "clips"), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    assert "<b>" not in (tmp_path / "out" / "index.html").read_text()
    rows = list(csv.DictReader((tmp_path / "out" / "summary.csv").open(newline="")))
    assert rows[1]["results"] == "'=SUM(A1)"


def test_clips_side_by_side_give_what_they_give_in_turn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "clips").mkdir()
    for number in range(3):
        small_clip(tmp_path / "clips" / f"{number}.mp4")
    (tmp_path / "clips" / "broken.mp4").write_text("no clip")
    for name, jobs in (("turn", "1"), ("side", "2")):
        command = ["analyze", str(tmp_path / "clips"), "--out", str(tmp_path / name), "--jobs", jobs]
        assert main(command) == 3
        printed = capsys.readouterr()
        assert printed.err.count("broken.mp4") == 1
        assert printed.out.count("report:") == 3
    for path in sorted((tmp_path / "turn").rglob("segments.csv")):
        assert path.read_text() == (tmp_path / "side" / path.relative_to(tmp_path / "turn")).read_text()
    assert (tmp_path / "side" / "summary.csv").read_text() == (tmp_path / "turn" / "summary.csv").read_text()
    assert main(["analyze", "demo", "--out", str(tmp_path / "none"), "--jobs", "0"]) == 2
