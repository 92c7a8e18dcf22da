import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import fsspec
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from cer.archive import annotate as module
from cer.archive.annotate import Job, annotate, annotate_clip, shard_of
from cer.archive.destination import Destination
from cer.archive.sources import items_of
from cer.archive.tables import TABLES, Rows
from cer.cli import main
from cer.errors import DataError
from tests.clips import DEMO, noise, still, write_clip

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled clip, three of noise, and a file that is no clip."""
    folder = tmp_path_factory.mktemp("archive")
    shutil.copy(DEMO, folder / "demo.mp4")
    for number in range(3):
        write_clip(folder / f"noise-{number}.mp4", still([0.0, 0.5, 1.0], noise(60 + 20 * number, 80)))
    (folder / "broken.mp4").write_text("no clip")
    return folder


def in_this_process(jobs: Sequence[Job], workers: int) -> Iterator[tuple[int, Rows]]:
    yield from ((number, annotate_clip(job)) for number, job in reversed(list(enumerate(jobs))))


@pytest.fixture
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ENGINES", {"local": in_this_process})
    monkeypatch.setattr(module, "PART", 2)


def contents(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*.parquet"))}


@pytest.fixture(scope="module")
def annotated(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("annotated") / "out"
    assert main(["annotate", str(source), "--out", str(out), "--jobs", "2", "--quiet"]) == 3
    return out


def test_the_tables_open_with_datasets_and_hold_every_clip(annotated: Path) -> None:
    tables = {name: load_dataset(str(annotated), name, split="train") for name in TABLES}
    clips = {row["id"]: row for row in tables["clips"]}
    assert list(clips) == ["broken.mp4", "demo.mp4", "noise-0.mp4", "noise-1.mp4", "noise-2.mp4"]
    assert clips["demo.mp4"]["language"] == "en"
    assert clips["demo.mp4"]["failure"] is None
    assert "broken.mp4" in clips["broken.mp4"]["failure"]
    segments = [row for row in tables["segments"] if row["id"] == "demo.mp4"]
    assert len(segments[0]["compound"]) == 7
    assert len(segments[0]["static_face"]) == 8
    assert any(row["id"] == "demo.mp4" for row in tables["words"])
    assert {row["id"] for row in tables["people"]} == {"demo.mp4"}
    failures = pq.read_table(annotated / "failures").to_pylist()
    assert [row["id"] for row in failures] == ["broken.mp4"]
    assert "| fusion |" in (annotated / "README.md").read_text()


@pytest.mark.usefixtures("_here")
def test_a_run_that_stops_goes_on_with_nothing_lost_and_nothing_twice(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    annotate(str(source), str(whole))

    def killed_after(count: int) -> None:
        def engine(jobs: Sequence[Job], workers: int) -> Iterator[tuple[int, Rows]]:
            for done, (number, rows) in enumerate(in_this_process(jobs, workers)):
                if done == count:
                    raise KeyboardInterrupt
                yield number, rows

        monkeypatch.setattr(module, "ENGINES", {"local": engine})

    for count in (1, 2):
        killed_after(count)
        with pytest.raises(KeyboardInterrupt):
            annotate(str(source), str(broken))
    monkeypatch.setattr(module, "ENGINES", {"local": in_this_process})
    outcome = annotate(str(source), str(broken))
    assert outcome.before >= 1
    rows = {name: pq.read_table(broken / name).sort_by("id").to_pylist() for name in ("clips", "people", "words")}
    assert rows == {name: pq.read_table(whole / name).sort_by("id").to_pylist() for name in rows}


@pytest.mark.usefixtures("_here")
def test_a_part_whose_last_file_is_missing_never_happened(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    annotate(str(source), str(out))
    before = contents(out)
    victim = Destination(str(out)).parts()[0]
    lost = pq.read_table(out / "clips" / victim).num_rows
    (out / "clips" / victim).unlink()
    outcome = annotate(str(source), str(out))
    assert outcome.done + outcome.failed == lost
    assert contents(out) == before


@pytest.mark.usefixtures("_here")
def test_a_changed_clip_replaces_its_rows_and_a_failure_is_tried_again_on_demand(source: Path, tmp_path: Path) -> None:
    copy, out = tmp_path / "copy", tmp_path / "out"
    shutil.copytree(source, copy)
    annotate(str(copy), str(out))
    assert annotate(str(copy), str(out)).before == 5
    write_clip(copy / "noise-0.mp4", still([0.0, 0.5, 1.0, 3.0], noise(60, 80)))
    assert annotate(str(copy), str(out)).done == 1
    clips = pq.read_table(out / "clips").to_pylist()
    assert sorted(row["id"] for row in clips) == sorted(path.name for path in copy.iterdir())
    assert next(row["seconds"] for row in clips if row["id"] == "noise-0.mp4") > 2.5
    shutil.copy(copy / "noise-1.mp4", copy / "broken.mp4")
    os.utime(copy / "broken.mp4", (1, 1))
    outcome = annotate(str(copy), str(out))
    assert (outcome.done, outcome.failed) == (1, 0)
    assert not list((out / "failures").iterdir())  # `datasets` cannot read a table without rows
    assert "failures/" not in (out / "README.md").read_text()


@pytest.mark.usefixtures("_here")
def test_a_failure_stays_until_it_is_asked_for_again(source: Path, tmp_path: Path) -> None:
    annotate(str(source), str(tmp_path))
    again = annotate(str(source), str(tmp_path))
    assert (again.failed, again.failed_before) == (0, 1)
    assert annotate(str(source), str(tmp_path), retry=True).failed == 1
    assert len(pq.read_table(tmp_path / "failures")) == 1


@pytest.mark.usefixtures("_here")
def test_shards_fill_one_dataset_and_it_may_lie_at_an_address(source: Path, tmp_path: Path) -> None:
    for number in (1, 2):
        annotate(str(source), "memory://annotated", part_of=(number, 2))
    system = fsspec.filesystem("memory")
    ids = []
    for path in system.glob("/annotated/clips/*.parquet"):
        with system.open(path) as file:
            ids += pq.read_table(file)["id"].to_pylist()
    assert sorted(ids) == [item.id for item in items_of(str(source))]


def test_a_driver_that_is_killed_leaves_nothing_half_done(source: Path, annotated: Path, tmp_path: Path) -> None:
    code = (
        "import sys; from cer.archive import annotate as a; a.PART = 1\n"
        "if __name__ == '__main__':\n"
        "    a.annotate(sys.argv[1], sys.argv[2], workers=2, report=lambda line: print(line, flush=True))"
    )
    script = tmp_path / "driver.py"
    script.write_text(code)
    command = [sys.executable, str(script), str(source), str(tmp_path / "out")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the first clip is done
        process.send_signal(signal.SIGKILL)
    subprocess.run(command, env=environment, check=True, capture_output=True)
    for name in ("clips", "people", "words", "failures"):
        rows = pq.read_table(tmp_path / "out" / name).sort_by("id").to_pylist()
        assert json.dumps(rows) == json.dumps(pq.read_table(annotated / name).sort_by("id").to_pylist())


def test_ray_gives_the_same_rows(source: Path, annotated: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    code = (
        "import sys; from cer.archive.annotate import annotate\n"
        "annotate(sys.argv[1], sys.argv[2], workers=2, engine='ray')"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code, str(source), str(tmp_path)], env=environment, check=True, timeout=300)
    assert {name.partition("/")[0] for name in contents(tmp_path)} == set(TABLES)
    for name in ("clips", "people", "words", "failures"):
        assert pq.read_table(tmp_path / name).to_pylist() == pq.read_table(annotated / name).to_pylist()


def test_wrong_usage_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataError, match="second of five"):
        shard_of("two")
    assert main(["annotate", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]) == 2
    (tmp_path / "clip.mp4").touch()
    (tmp_path / "taken").touch()
    assert main(["annotate", str(tmp_path / "clip.mp4"), "--out", str(tmp_path / "taken")]) == 2
    assert main(["annotate", str(tmp_path), "--out", str(tmp_path / "out"), "--shard", "3/2"]) == 2
    assert main(["annotate", str(tmp_path), "--out", str(tmp_path / "out"), "--jobs", "-1"]) == 2
    errors = capsys.readouterr().err.strip().splitlines()
    assert len(errors) == 4
    assert "Traceback" not in "".join(errors)


@pytest.mark.usefixtures("_here")
def test_tables_of_other_models_are_not_continued(source: Path, tmp_path: Path) -> None:
    annotate(str(source / "noise-0.mp4"), str(tmp_path))
    with pytest.raises(DataError, match="other models"):
        annotate(str(source / "noise-0.mp4"), str(tmp_path), profile="supervised")


@pytest.mark.usefixtures("_here")
def test_a_failure_is_named_as_it_happens(source: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    annotate(str(source), str(tmp_path), report=lines.append)
    assert any(line.startswith("broken.mp4: ") for line in lines)
    for name in ("words", "failures"):
        assert len(load_dataset(str(tmp_path), name, split="train")) > 0
