"""Throws at the reader of the decoder's messages whatever reaches new code in it, for an hour or --seconds.

Coverage-guided (atheris, libFuzzer): it starts from the messages of a real decoder on the bundled clip. Everything must
end in content or in Malformed; the first input that does otherwise is written to the corpus, and the run ends.

    pip install atheris
    python -m tools.fuzz_messages [--seconds 3600] [--corpus FOLDER]
"""

import argparse
import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import atheris

with atheris.instrument_imports():
    from cer.media import messages

from cer.media.messages import Malformed

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "examples" / "demo.mp4"
COMMANDS = {
    "sandbox": (),
    "probe": (),
    "times": ("10",),
    "stream": ("1", "16", "24", "200", "10"),  # small images and few samples: the fuzzer works on a few kilobytes
}
MAX_BYTES = 8192  # of an input
ROUND = 120  # seconds of a process: the fuzzer itself never gives memory back


def examine(data: bytes) -> None:
    """Receive every message of an input and interpret it in every way."""
    try:
        for message in messages.receive(io.BytesIO(data)):
            for part in (messages.content, messages.times, messages.clip_fields, messages.sandbox):
                try:
                    part(message)
                except Malformed:
                    continue
    except Malformed:
        return


def record(folder: Path) -> None:
    """What the decoder sends for the bundled clip, one file for each command."""
    for what, arguments in COMMANDS.items():
        command = [sys.executable, "-m", "cer.media.decoder", what, str(DEMO), *arguments]
        sent = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
        (folder / what).write_bytes(sent[:MAX_BYTES])


def fuzz(corpus: Path, seconds: int) -> None:
    """One round. Does not return."""
    limits = [f"-max_total_time={seconds}", f"-max_len={MAX_BYTES}", "-timeout=60", "-rss_limit_mb=2048"]
    limits.append(f"-artifact_prefix={corpus}/")  # where an input that fails is written
    atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", str(corpus)], examine)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--corpus", type=Path, help="folder of inputs that is read and added to")
    parser.add_argument("--round", action="store_true", help="in this process")
    options = parser.parse_args()
    if options.round:
        fuzz(options.corpus, options.seconds)
    with tempfile.TemporaryDirectory() as temporary:
        corpus = options.corpus or Path(temporary)
        corpus.mkdir(parents=True, exist_ok=True)
        record(corpus)
        ends = time.monotonic() + options.seconds
        command = [sys.executable, "-m", "tools.fuzz_messages", "--round", "--corpus", str(corpus), "--seconds"]
        while (left := round(ends - time.monotonic())) > 0:
            done = subprocess.run([*command, str(min(left, ROUND))], cwd=ROOT, check=False)
            if done.returncode:
                return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
