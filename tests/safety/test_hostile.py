"""Every odd or hostile file gives a result or one clear line, soon, and leaves nothing behind."""

import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

import pytest

from cer.cli import main
from tests.safety.hostile import EITHER, READ, REFUSED

MAX_SECONDS = 40.0  # of processor time: a busy machine makes no file worse
MAX_BYTES = 1.5 * 2**30
ALL = {**READ, **REFUSED, **EITHER}


def children() -> set[str]:
    """Processes that this one has started and that are still there."""
    return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text("ascii").split())


def processor_time() -> float:
    """Seconds of processor time of this process and of the children that have ended."""
    return sum(use.ru_utime + use.ru_stime for use in map(getrusage, (RUSAGE_SELF, RUSAGE_CHILDREN)))


def test_there_are_enough_of_them() -> None:
    assert len(ALL) >= 60


@pytest.mark.parametrize("name", ALL)
def test_a_result_or_one_clear_line_and_nothing_left(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, out, spare = tmp_path / "given", tmp_path / "out", tmp_path / "tmp"
    for item in (folder, spare):
        item.mkdir()
    path = ALL[name](folder)
    monkeypatch.setattr(tempfile, "tempdir", str(spare))
    before, listed = children(), sorted(folder.iterdir())
    started = processor_time()
    status = main(["analyze", str(path), "--out", str(out)])
    assert processor_time() - started < MAX_SECONDS
    spoken = capsys.readouterr()
    assert "Traceback" not in spoken.out + spoken.err
    assert status in {0: (0,), 1: (3,), 2: (0, 3)}[0 if name in READ else 1 if name in REFUSED else 2], spoken.err
    if status == 3:
        assert len(spoken.err.splitlines()) == 1
        assert spoken.err.startswith("cer: ")
        assert not out.exists() or not list(out.iterdir())
    else:
        document = json.loads(next(out.glob("*/analysis.json")).read_text("utf-8"))
        assert document["segments"]
        report = next(out.glob("*/report.html")).read_text("utf-8")
        assert "<img src=x" not in report
        assert "alert(1)</script>" not in report
        cells = [cell for row in csv.reader(next(out.glob("*/segments.csv")).open()) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "@", "+")) or cell[:2] == "-c"]
    assert children() <= before
    assert list(spare.iterdir()) == []
    assert sorted(folder.iterdir()) == listed


def test_the_heaviest_stay_within_the_memory_of_a_small_machine(tmp_path: Path) -> None:
    heavy: tuple[str, ...] = ("ten-thousand-tiny-frames.mp4", "wide.mp4", "forty-faces", "an-hour-between-two-pictures")
    heavy += ("picture-of-144-million-pixels", "flipped-1.0000%")
    paths = [str(ALL[name](tmp_path)) for name in heavy]
    # Not rusage: a child's largest set begins at its parent's, which after other tests is larger.
    code = (
        "import sys; from cer.cli import main; done = main(); print(open('/proc/self/status').read()); sys.exit(done)"
    )
    command = [sys.executable, "-c", code, "analyze", *paths, "--out", str(tmp_path / "out"), "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    peak = next(line for line in done.stdout.splitlines() if line.startswith("VmHWM"))
    assert int(peak.split()[1]) * 1024 < MAX_BYTES
