import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from cer import memory

ROOT = Path(__file__).parents[2]
HEAPS = """
import re, sys
from threading import Barrier, Thread
from cer.memory import limit_arenas

if "limit" in sys.argv:
    limit_arenas()
together = Barrier(8)
def work():
    together.wait()
    parts = [bytearray(50_000) for _ in range(20)]  # small enough for a heap, which each thread has of its own
    together.wait()
threads = [Thread(target=work) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
import ctypes
libc = ctypes.CDLL("libc.so.6")
libc.fopen.restype = ctypes.c_void_p
stream = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, stream)
libc.fflush(stream)
"""


def heaps(*arguments: str) -> int:
    """The number of heaps of a process with eight busy threads."""
    ended = subprocess.run(
        [sys.executable, "-c", HEAPS, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return ended.stdout.count("<heap nr=")


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's heaps")
def test_threads_share_few_heaps() -> None:
    assert heaps() > memory.ARENAS
    assert heaps("limit") <= memory.ARENAS


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    memory._glibc.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", missing)
    memory.limit_arenas()
    memory.release_memory()
    memory._glibc.cache_clear()


SPEECH = """
import ctypes
import numpy as np
from cer.perception.transcription import encode

NAMES = "arena ordblks smblks hblks hblkhd usmblks fsmblks used free keep"

class Usage(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in NAMES.split()]

libc = ctypes.CDLL("libc.so.6")
libc.mallinfo2.restype = Usage
def used():
    usage = libc.mallinfo2()
    return usage.used + usage.hblkhd

def speak(lengths):
    for length in lengths:
        encode(np.zeros(length, np.float32))

speak(range(32000, 36000, 1000))
before = used()
speak(range(36000, 76000, 500))
print((used() - before) / 2**20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's account of its memory")
def test_speech_of_many_lengths_does_not_pile_up() -> None:
    """80 lengths: 60 MB and more where oneDNN keeps what it made ready for each."""
    ended = subprocess.run([sys.executable, "-c", SPEECH], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(ended.stdout) < 30
