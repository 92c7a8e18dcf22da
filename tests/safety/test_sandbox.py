"""What a decoder that was taken over could do: read its own clip. Each attack runs in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cer.doctor import NOTE, OK, _sandbox
from cer.media.reader import sandbox_of
from cer.media.sandbox import LANDLOCK, SECCOMP
from tests.clips import DEMO

ROOT = Path(__file__).parents[2]

ATTACKS = {
    "reads its clip": "open(clip, 'rb').read(4)",
    "reads it in a thread": "run = threading.Thread(target=open, args=(clip,)); run.start(); run.join()",
    "reads another file": "open(other).read()",
    "reads a password file": "open('/etc/passwd').read()",
    "lists a folder": "os.listdir('/')",
    "writes": "open(os.path.join(os.path.dirname(other), 'new'), 'w')",
    "truncates its clip": "os.truncate(clip, 0)",
    "removes its clip": "os.unlink(clip)",
    "opens a connection": "socket.socket()",
    "opens a local pair": "socket.socketpair()",
    "starts a program": "os.execv('/bin/true', ['true'])",
    "starts a program in a child": "subprocess.run(['/bin/true'], check=True)",
    "signals its parent": "os.kill(os.getppid(), 0)",
}
HARMLESS = {"reads its clip", "reads it in a thread"}


def attack(code: str, folder: Path) -> str:
    """What came of code in a sandboxed process: "done" or the name of the error."""
    clip, other = folder / "clip.mp4", folder / "other.txt"
    clip.write_bytes(DEMO.read_bytes())
    other.write_text("a secret")
    program = (
        "import json, os, socket, subprocess, sys, threading\n"
        "from pathlib import Path\n"
        "from cer.media.sandbox import confine\n"
        "clip, other, code = sys.argv[1:]\n"
        "parts = confine(Path(clip))\n"
        "try:\n    exec(code)\n    end = 'done'\n"
        "except BaseException as error:\n    end = type(error).__name__\n"
        "print(json.dumps([parts, end]))"
    )
    command = [sys.executable, "-c", program, str(clip), str(other), code]
    process = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert process.stdout, process.stderr
    parts, end = json.loads(process.stdout.splitlines()[-1])
    assert set(parts) == {LANDLOCK, SECCOMP}
    assert clip.read_bytes() == DEMO.read_bytes()
    return str(end)


SANDBOXED = set(sandbox_of(DEMO)) == {LANDLOCK, SECCOMP}


@pytest.mark.skipif(not SANDBOXED, reason="this system has no Landlock or no seccomp")
@pytest.mark.parametrize("name", ATTACKS)
def test_a_decoder_that_was_taken_over_reads_its_clip_and_nothing_else(name: str, tmp_path: Path) -> None:
    end = attack(ATTACKS[name], tmp_path)
    if name in HARMLESS:
        assert end == "done"
    else:
        assert end in ("PermissionError", "OSError"), end


def test_the_doctor_says_what_a_system_lacks() -> None:
    assert _sandbox((LANDLOCK, SECCOMP)).state == OK
    bare = _sandbox(())
    assert bare.state == NOTE
    assert "can read what you can read" in bare.text
    assert "can open connections" in bare.text


def test_nothing_of_pyav_is_left_to_be_imported_inside() -> None:
    code = (
        "import sys, pkgutil, cer.media.decoder, av\n"
        "left = {m.name for m in pkgutil.walk_packages(av.__path__, 'av.')} - sys.modules.keys()\n"
        "print(sorted(left))"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert process.stdout.strip() == "['av.__main__', 'av.datasets']"
