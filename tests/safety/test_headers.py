"""Real media files with damaged headers, each decoded in a confined child: an answer, a refusal or a dead child, soon.

`make fuzz` looks longer: MUTATIONS is how many.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from tests.clips import DEMO
from tests.safety.hostile import READ

MUTATIONS = int(os.environ.get("MUTATIONS", "400"))
ROOT = Path(__file__).parents[2]
HEADER = 4096  # bytes, at both ends of the file
SOURCES = ("webm-vp9-opus.webm", "avi-mjpeg-mp3.avi", "mkv-h264-flac.mkv", "mov-prores-pcm.mov", "flash.flv",
           "transport.ts", "mpeg1.mpg", "windows.wmv", "vorbis.ogg", "plain.mp3", "lossless.flac", "telephone.wav",
           "animation.gif", "hevc-10-bit-hdr.mp4")  # fmt: skip


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("sources")
    return [DEMO.read_bytes(), *(READ[name](folder).read_bytes() for name in SOURCES)]


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Bytes of the header changed, removed, doubled or set to extremes."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 12))):
        place = int(rng.integers(0, min(HEADER, len(data))))
        if rng.random() < 0.3:
            place = len(data) - 1 - place
        kind = rng.integers(0, 5)
        if kind == 0:
            data[place] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1:
            data[place] = int(rng.choice([0, 1, 0x7F, 0x80, 0xFF]))
        elif kind == 2:
            data[place : place + 4] = int(rng.choice([0, 1, 2**31 - 1, 2**31, 2**32 - 1])).to_bytes(4, "big")
        elif kind == 3:
            del data[place : place + int(rng.integers(1, 16))]
        else:
            data[place:place] = data[place : place + int(rng.integers(1, 64))]
    return bytes(data)


def test_no_damaged_header_hangs_the_decoder_or_confuses_it(sources: list[bytes], tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    visited: Counter[str] = Counter()
    path = tmp_path / "mutant"
    options = [sys.executable, "-m", "tests.safety.forking"]
    with subprocess.Popen(options, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as forker:
        assert forker.stdin is not None
        assert forker.stdout is not None
        for number in range(MUTATIONS):
            path.write_bytes(mutated(sources[number % len(sources)], rng))
            print("stream" if number % 3 == 0 else "probe", path, file=forker.stdin, flush=True)
            result = forker.stdout.readline().strip()
            visited[result] += 1
            assert result not in ("", "hung", "failed"), (number, result)
        forker.stdin.close()
    print(json.dumps(visited))
    assert visited["answered"] > MUTATIONS / 10
    assert visited["refused"] > 0
