"""The console: what is printed neither ends the work nor stops at what a terminal cannot show.

Whoever runs `... | head -1` closes the output early, a disk may be full, a terminal may know ASCII only: results are
files, and they are finished whatever becomes of the words about them.
"""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import TextIO

from cer.names import printable
from cer.progress import Progress


class _Tolerant(io.TextIOBase):
    """A stream that becomes silent once it cannot be written, and escapes characters that it cannot show."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream  # None where the descriptor was closed before Python began

    def write(self, text: str) -> int:
        if self._stream is not None:
            encoding = self._stream.encoding or "utf-8"
            self._attempt(text.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        self._attempt("")

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def _attempt(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):  # what is buffered would be complained about when Python ends
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
            self._stream = None


@contextmanager
def tolerant_output() -> Iterator[None]:
    """Standard output and error that may be closed, full or ASCII without harm."""
    with redirect_stdout(_Tolerant(sys.stdout)), redirect_stderr(_Tolerant(sys.stderr)):
        yield


def bar(name: str) -> Progress:
    """A progress bar of one line on standard error, which is gone at the end."""

    def show(stage: str, fraction: float) -> None:
        filled = int(30 * fraction)
        end = "\r" if fraction < 1 else "\r\033[K"
        print(f"\r\033[K{name} [{'#' * filled}{'.' * (30 - filled)}] {stage}", end=end, file=sys.stderr, flush=True)

    return show


def complaint(error: Exception | str) -> str:
    """An error as the line that a terminal shows of it."""
    return "cer: " + printable(" ".join(str(error).split()))


def unwritten(place: Path, error: OSError) -> str:
    """What is said when results cannot be written there."""
    return f"{place}: the results cannot be written ({error.strerror or error})."
