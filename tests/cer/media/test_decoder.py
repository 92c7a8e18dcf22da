"""The decoder as a process: what it says, and what it may not do. What it decodes is in test_reader.py."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from cer.media import reader
from tests.clips import DEMO, noise, still, write_clip

ROOT = Path(__file__).parents[3]


def decoder(*arguments: str) -> list[tuple[dict[str, object], bytes]]:
    process = subprocess.run(
        [sys.executable, "-m", "cer.media.decoder", *arguments], cwd=ROOT, capture_output=True, check=True
    ).stdout
    messages = []
    while process:
        line, _, process = process.partition(b"\n")
        head = json.loads(line)
        messages.append((head, process[: head["bytes"]]))
        process = process[head["bytes"] :]
    return messages


def test_a_header_is_one_message_and_an_end() -> None:
    (first, body), (last, _) = decoder("probe", str(DEMO))
    assert first["clip"]["width"] == 640  # type: ignore[index]
    assert body == b""
    assert last == {"end": True, "bytes": 0}


def test_times_are_doubles(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "vfr.mkv", still([0, 0.03, 0.5], noise()))
    (head, body), _ = decoder("times", str(clip), "1")
    assert head["times"] == 3
    np.testing.assert_allclose(np.frombuffer(body, np.float64), [0, 0.03, 0.5], atol=0.0015)


def test_pictures_and_sounds_carry_their_shape_and_time() -> None:
    messages = decoder("stream", str(DEMO), "1.0", "160", "0", "8000", "10")
    frames = [(head, body) for head, body in messages if "image" in head]
    samples = sum(len(body) for head, body in messages if "sound" in head) / 4
    assert [round(float(str(head["time"]))) for head, _ in frames] == list(range(len(frames)))
    assert all(head["image"] == [90, 160, 3] and len(body) == 90 * 160 * 3 for head, body in frames)
    assert samples == pytest.approx(8000 * 10, rel=0.02)


def test_what_it_does_not_read_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("no clip")
    ((head, _),) = decoder("probe", str(tmp_path / "a.mp4"))
    assert "not a video or audio file" in str(head["refused"])


def test_a_confined_process_writes_no_file_and_holds_little_memory(tmp_path: Path) -> None:
    script = f"""
from cer.media.decoder import _limit
_limit(5.0)
try:
    with open({str(tmp_path / "written")!r}, "wb", buffering=0) as file:
        file.write(b"x")
except OSError as error:
    print("no file")
try:
    bytes(2 * 2**30)
except MemoryError:
    print("no memory")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["no file", "no memory"]
    assert (tmp_path / "written").stat().st_size == 0


def test_a_system_without_limits_decodes_all_the_same() -> None:
    """Windows has no module `resource`; the log says what that costs."""
    script = f"""
import sys
sys.modules["resource"] = None
sys.argv = ["decoder", "probe", {str(DEMO)!r}]
from cer.media.decoder import main
main()
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True)
    assert json.loads(done.stdout.splitlines()[0])["clip"]["width"] == 640


@pytest.mark.parametrize(
    ("name", "platform", "loss"), [("nt", "win32", "processor time"), ("posix", "darwin", "memory on macOS")]
)
def test_limits_that_a_system_lacks_are_named_in_the_log(
    name: str, platform: str, loss: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reader, "os", SimpleNamespace(name=name))
    monkeypatch.setattr(reader, "sys", SimpleNamespace(platform=platform))
    reader._warn_of_missing_limits.cache_clear()
    reader._warn_of_missing_limits()
    reader._warn_of_missing_limits()
    assert [loss in record.message for record in caplog.records] == [True]
    reader._warn_of_missing_limits.cache_clear()
