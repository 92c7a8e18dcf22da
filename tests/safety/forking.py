"""Decodes files in confined forks of this small process: `WHAT PATH` a line in, an outcome a line out."""

import io
import os
import select
import signal
import sys
from pathlib import Path

from cer.media import decoder

MAX_CPU_SECONDS = 20.0
MAX_IDLE_POLLS = 100  # in a row, a fifth of a second each, in which the fork waits without having computed anything
TICKS = os.sysconf("SC_CLK_TCK")


def activity(process: int) -> tuple[bool, float]:
    """Whether a process waits, and its processor time in seconds: one that a busy machine does not run is no waiter."""
    fields = Path(f"/proc/{process}/stat").read_text("ascii").rpartition(")")[2].split()
    return fields[0] in "SD", (int(fields[11]) + int(fields[12])) / TICKS


def outcome(path: Path, what: str) -> str:
    """What a confined fork says about a file, as `media` would hear it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            os.dup2(writing, 1)
            sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), write_through=True)
            sys.argv = ["decoding", what, str(path), "5", "640", "0", "16000", "2"]
            decoder.main()
            os._exit(0)
        except BaseException:
            os._exit(70)
    os.close(writing)
    transcript, computed, idle = bytearray(), 0.0, 0
    while computed < MAX_CPU_SECONDS and idle < MAX_IDLE_POLLS:
        if select.select([reading], [], [], 0.2)[0]:
            part = os.read(reading, 1 << 16)
            if not part:
                break
            if len(transcript) < 1 << 20:
                transcript += part
            continue
        before, (waiting, computed) = computed, activity(child)
        idle = idle + 1 if waiting and computed == before else 0
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reading)
        return "hung"
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    if os.waitstatus_to_exitcode(status):
        return "failed"
    return "refused" if b'"refused"' in transcript[-4096:] else "answered"


if __name__ == "__main__":
    for line in sys.stdin:
        what, _, name = line.strip().partition(" ")
        print(outcome(Path(name), what), flush=True)
