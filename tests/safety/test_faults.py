"""What breaks around an analysis: disks, children, models, clocks, homes. Each ends in a clear message or a result."""

import ast
import json
import logging
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import cer
from cer.cli import main
from cer.errors import ClipError
from cer.media import reader
from cer.media.decoder import MAX_MEMORY_BYTES, MAX_OPEN_FILES
from cer.media.reader import probe, stream
from cer.pipeline import analyze
from tests.clips import DEMO, ffmpeg

ROOT = Path(__file__).parents[2]


def decoders() -> list[int]:
    """Decoder processes that this one has started."""
    result = []
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread or a child that ended meanwhile
            for child in (task / "children").read_text("ascii").split():
                result += [int(child)] if b"cer.media.decoder" in Path(f"/proc/{child}/cmdline").read_bytes() else []
    return result


def run(
    *arguments: str, limit: int | None = None, cwd: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    def confine() -> None:
        if limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-m", "cer", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},  # a full disk would cut its files off
        preexec_fn=confine,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_full_disk_is_one_line_and_leaves_no_half_file(tmp_path: Path) -> None:
    done = run("analyze", str(DEMO), "--out", str(tmp_path / "out"), limit=10_000)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("cer: ")
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert list((tmp_path / "out" / "demo").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where a folder should be")
    done = run("analyze", str(DEMO), "--out", str(tmp_path / "out"))
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1)


def test_a_decoder_killed_at_once_is_an_ordinary_error(monkeypatch: pytest.MonkeyPatch) -> None:
    clip = probe(DEMO)
    real = reader._read

    def killed(process: "subprocess.Popen[bytes]", box: object) -> None:
        process.kill()
        real(process, box)  # type: ignore[arg-type]

    monkeypatch.setattr(reader, "_read", killed)
    with pytest.raises(ClipError, match=r"demo\.mp4: the decoder gave up"):
        next(stream(clip, 5.0))
    with pytest.raises(ClipError, match="gave up"):
        probe(DEMO)


def test_a_decoder_killed_half_way_costs_the_rest_only(caplog: pytest.LogCaptureFixture) -> None:
    items = stream(probe(DEMO), 25.0, longest=1280)
    first = next(items)
    for decoder in decoders():
        os.kill(decoder, signal.SIGKILL)
    rest = list(items)
    assert 0 < len(rest) + 1 < 250
    assert all(item.time >= first.time for item in rest if type(item) is type(first))
    assert "decoding ended early" in caplog.text
    assert decoders() == []


def test_a_decoder_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "STALL_TIMEOUT", 0.01)
    with pytest.raises(ClipError, match="hangs"):
        probe(DEMO)
    assert decoders() == []


def test_leaving_a_stream_ends_its_decoder() -> None:
    before = set(decoders())
    items = stream(probe(DEMO), 25.0)
    next(items)
    assert len(set(decoders()) - before) == 1
    items.close()  # type: ignore[attr-defined]
    assert set(decoders()) <= before


def test_a_decoder_is_confined_and_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    before = set(decoders())
    items = stream(probe(DEMO), 25.0)
    next(items)
    (process,) = set(decoders()) - before
    limits = Path(f"/proc/{process}/limits").read_text("ascii")
    expected = {"address space": MAX_MEMORY_BYTES, "file size": 0, "open files": MAX_OPEN_FILES, "core file size": 0}
    for what, most in expected.items():
        assert re.search(rf"Max {what}\s+{most}\s", limits), limits
    messages = Path(f"/proc/{process}/environ").read_bytes()
    assert b"hf_secret" not in messages
    assert b"PYTHONPATH" in messages
    items.close()  # type: ignore[attr-defined]


def test_an_interrupt_ends_the_run_without_a_traceback_or_a_stray_process(tmp_path: Path) -> None:
    done = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "cer", "analyze", *[str(DEMO)] * 20, "--out", str(done)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (background jobs ignore it)
    )
    while not (done / "demo" / "report.html").exists():
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, spoken = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in spoken
    assert json.loads((done / "demo" / "analysis.json").read_text("utf-8"))["schema"] == 2
    assert not list(done.glob("**/*.part"))


def test_a_missing_model_costs_its_modality(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "cer", tmp_path / "cer", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "cer" / "weights" / "audio.onnx").unlink()
    done = run("analyze", str(DEMO), "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads((tmp_path / "out" / "demo" / "analysis.json").read_text("utf-8"))
    for segment in document["segments"]:
        assert not segment["modalities"]["audio"]["present"]
        assert "audio.onnx" in segment["modalities"]["audio"]["reason"]
    assert any(segment["modalities"]["text"]["present"] for segment in document["segments"])


def test_a_clock_that_jumps_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = analyze(DEMO)
    jumping = iter(range(10**9, 0, -(10**5)))
    monkeypatch.setattr(time, "time", lambda: float(next(jumping)))
    after = analyze(DEMO)
    assert after.compound.tolist() == before.compound.tolist()


def test_no_decision_rests_on_the_wall_clock() -> None:
    for folder in (Path(cer.__file__).parent, ROOT / "eval"):
        for path in folder.rglob("*.py"):
            used = {
                ast.unparse(node) for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
            }
            assert not {call for call in used if call.startswith("time.time(")}, path


def test_a_home_that_cannot_be_written_does_not_matter(tmp_path: Path) -> None:
    done = run("analyze", str(DEMO), "--out", str(tmp_path), HOME="/proc/none", XDG_CACHE_HOME="/proc/none")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "demo" / "report.html").is_file()


def test_logs_hold_no_name_no_path_and_no_word_of_a_clip(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = tmp_path / "Jane Doe at the doctor.mp4"
    secret.write_bytes(DEMO.read_bytes())
    half = tmp_path / "half of Jane.mp4"
    half.write_bytes(DEMO.read_bytes()[: DEMO.stat().st_size // 2])
    (tmp_path / "bad Jane.mp4").write_bytes(b"no clip")
    assert main(["analyze", str(secret), str(half), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    assert main(["analyze", str(tmp_path / "bad Jane.mp4"), "--out", str(tmp_path / "out"), "--quiet"]) == 3
    spoken = analyze(DEMO).transcript[0].text
    for forbidden in ("Jane", str(tmp_path), spoken, *spoken.split(",")):
        assert forbidden not in caplog.text


def test_a_pipe_into_head_or_a_full_output_ends_quietly_with_all_results(tmp_path: Path) -> None:
    line = f"{sys.executable} -m cer analyze {DEMO} {DEMO} --out {tmp_path}"
    for number, output in enumerate(("| true", "> /dev/full", ">&-", "2>&- | true")):
        done = subprocess.run(
            f"{line}/{number} {output}", shell=True, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), output
        assert len(list((tmp_path / str(number)).glob("*/report.html"))) == 2
    ended = subprocess.run(
        f"{sys.executable} -m eval ls > /dev/full", shell=True, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_an_emoji_in_a_name_is_escaped_on_a_terminal_that_knows_ascii_only(tmp_path: Path) -> None:
    clip = tmp_path / "party 🎉.mp4"
    shutil.copy(DEMO, clip)
    done = run("analyze", str(clip), "--out", str(tmp_path / "out"), PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stderr) == (0, "")
    assert "party \\U0001f389.mp4" in done.stdout
    assert (tmp_path / "out" / "party 🎉" / "report.html").is_file()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_while_the_video_is_written_leaves_no_sound_of_the_clip_behind(
    tmp_path: Path, ending: signal.Signals
) -> None:
    clip = ffmpeg(tmp_path / "long.mp4", "-stream_loop", "2", "-i", str(DEMO), "-c", "copy")
    process = subprocess.Popen(
        [sys.executable, "-m", "cer", "analyze", str(clip), "--out", str(tmp_path / "out"), "--video"],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 (background jobs ignore it)
    )
    folder = tmp_path / "out" / "long"
    while not list(folder.glob(".cer-*/long.mp4")) + list(folder.glob(".cer-*/annotated.mp4")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(ending)
    _, errors = process.communicate()
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert {path.name for path in folder.iterdir()} == {"analysis.json", "segments.csv", "timeline.csv", "report.html"}


def test_no_library_keeps_an_identifier_of_this_machine_or_a_queue_of_reports(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "MPLCONFIGDIR": str(tmp_path / "mpl")}
    environment = {name: value for name, value in os.environ.items() if name not in ("ORT_DISABLE_TELEMETRY", "CI")}
    command = [sys.executable, "-m", "cer", "analyze", str(DEMO), "--out", str(tmp_path / "out"), "--quiet"]
    subprocess.run(command, cwd=ROOT, env={**environment, **home}, check=True, capture_output=True)
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and "out" not in path.relative_to(tmp_path).parts]
    assert [path for path in outside if "Microsoft" in path.parts or path.name == "deviceid"] == []
