"""Media: clips as frames and sound on one clock. FFmpeg itself runs in `cer.media.decoder`, a process of its own
that this module starts and bounds; whatever happens to it is an ordinary ClipError here.

PyAV and not MoviePy reads clips: it gives presentation timestamps, while MoviePy counts frames at a constant rate.
"""

import logging
import os
import queue
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Thread

import numpy as np

from cer.errors import ClipError
from cer.media import messages
from cer.media.clip import ACCEPTED, MAX_DURATION, MAX_SIDE, SAMPLE_RATE, Clip, Frame, Sound
from cer.media.messages import Malformed, Message
from cer.names import printable

logger = logging.getLogger(__name__)

STALL_TIMEOUT = 15.0  # seconds without a message after which a decoder is taken to hang

PIPE_BYTES = 2**20  # as much as Linux allows without privileges

# glibc would give the memory of each image back, and clear it for the next: a tenth of the decoder's time.
KEPT_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(2**26), "MALLOC_TRIM_THRESHOLD_": str(2**27)}

QUEUE_LENGTH = 8  # messages that are decoded while earlier ones are being looked at


def missing_limits() -> str | None:
    """Which of the decoder's limits this system cannot set; None where it can set all."""
    if os.name != "posix":
        return "decoding has no limit on memory, processor time or files here: use clips that you trust"
    if sys.platform == "darwin":
        return "decoding has no limit on memory on macOS: use clips that you trust"
    return None


def sandbox_of(path: Path) -> tuple[str, ...]:
    """What confines the decoder on this system beside its limits: "landlock" and "seccomp", or none of them.

    Raises ClipError when no decoder can be started for that file.
    """
    with _decoder(path, "sandbox") as received:
        return messages.sandbox(messages.first(received))


@cache
def _warn_of_missing_limits() -> None:
    """Say once, in the log, which limits are missing."""
    if (missing := missing_limits()) is not None:
        logger.warning(missing)


@contextmanager
def _decoder(path: Path, what: str, *arguments: str) -> Iterator[Iterator[Message]]:
    """A decoder process and its messages. It is gone when the block is left, however that happens."""
    problem = _no_clip(path)
    if problem:
        raise ClipError(f"{printable(path.name)}: {problem}. {ACCEPTED}.")
    _warn_of_missing_limits()
    package = str(Path(__file__).parents[2])
    environment = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-B", "-m", "cer.media.decoder", what, str(path.resolve()), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={
            **environment,
            "PYTHONPATH": os.pathsep.join([package, *filter(None, sys.path)]),
            "OPENBLAS_NUM_THREADS": "1",
            **KEPT_MEMORY,
        },
        cwd="/" if os.name == "posix" else None,
        close_fds=True,
        start_new_session=True,  # an interrupt at the terminal is this process' to handle
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # the same on Windows
    )
    _widen(process)
    box: queue.Queue[Message | None] = queue.Queue(maxsize=QUEUE_LENGTH)
    reader = Thread(target=_read, args=(process, box), daemon=True, name="decoder")
    reader.start()
    try:
        yield _messages(path, box)
    except Malformed as error:
        raise ClipError(
            f"{printable(path.name)}: the decoder sent what it should not ({error}). The file may be "
            "damaged, or made to do harm: do not open it with other programs."
        ) from error
    finally:
        process.kill()
        while reader.is_alive():  # it may wait for room
            with suppress(queue.Empty):
                box.get(timeout=0.05)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _widen(process: "subprocess.Popen[bytes]") -> None:
    """Let the pipe hold a third of a 720p image, not 64 kB, where the system can: fewer turns to write and read."""
    with suppress(ImportError, AttributeError, OSError):
        import fcntl

        assert process.stdout is not None
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _no_clip(path: Path) -> str | None:
    """Why a path cannot be a clip, before anything is opened: a FIFO or a device would never end."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return "a link to a file that is not there" if path.is_symlink() else "no such file"
    except OSError as error:
        return f"cannot be reached ({(error.strerror or type(error).__name__).lower()})"
    except ValueError:  # a NUL character
        return "no such file"
    kinds = {
        stat.S_IFDIR: "a folder in which there is no clip (--recursive looks into its folders too)",
        stat.S_IFIFO: "a pipe, not a file",
        stat.S_IFSOCK: "a socket",
    }
    kinds |= dict.fromkeys((stat.S_IFCHR, stat.S_IFBLK), "a device, not a file")
    return kinds.get(stat.S_IFMT(status.st_mode), "the file is empty" if status.st_size == 0 else None)


def _read(process: "subprocess.Popen[bytes]", box: "queue.Queue[Message | None]") -> None:
    """Put a decoder's messages into the box, and None at their end, whether it comes in order or not."""
    assert process.stdout is not None
    with suppress(Malformed):
        for message in messages.receive(process.stdout):
            box.put(message)
    box.put(None)


def _messages(path: Path, box: "queue.Queue[Message | None]") -> Iterator[Message]:
    """A decoder's messages up to its last. Raises ClipError when it refuses, dies or hangs."""
    while True:
        try:
            message = box.get(timeout=STALL_TIMEOUT)
        except queue.Empty:
            raise ClipError(
                f"{printable(path.name)}: decoding hangs; nothing came for {STALL_TIMEOUT:.0f} s. The file may be "
                "damaged: re-encode it."
            ) from None
        if message is None:
            raise ClipError(
                f"{printable(path.name)}: the decoder gave up on it (it crashed, or needs more memory or time than a "
                "clip is given). The file may be damaged: re-encode it."
            )
        if message.refusal is not None:
            raise ClipError(f"{printable(path.name)}: {message.refusal}")
        if message.is_end:
            return
        yield message


def probe(path: str | Path) -> Clip:
    """Read a clip's header, and its first frame for the orientation.

    Raises ClipError when the file is missing, empty, of no accepted container, without a track that can be decoded, or
    out of bounds.
    """
    path = Path(path)
    with _decoder(path, "probe") as received:
        return Clip(path=path, name=printable(path.name), **messages.clip_fields(messages.first(received)))


def no_warning(text: str) -> None:
    """For whoever does not ask what was lost."""


def stream(
    clip: Clip,
    rate: float,
    longest: int = MAX_SIDE,
    sample_rate: int = SAMPLE_RATE,
    *,
    detail: int = 0,
    warn: Callable[[str], None] = no_warning,
) -> Iterator[Frame | Sound]:
    """Decode a clip once, in the container's order: about `rate` frames a second (0 for none), and all of the sound.

    Args:
        clip: What `probe` returned. Without an end in its header it may take the time of the longest one.
        rate: The frame shown at each multiple of 1 / rate comes with its own presentation time.
        longest: Pixels of the longest side of an image.
        sample_rate: Hz.
        detail: Pixels of the longest side of a second, larger image of each frame; 0 for none.
        warn: Called with what was lost of the clip, in words: damaged stretches are skipped, and what was decoded
            before the decoder failed counts.

    Raises:
        ClipError: Nothing at all can be decoded, or the decoder fails before anything was.
    """
    delivered, last = 0, 0.0
    seconds = clip.duration or MAX_DURATION
    try:
        with _decoder(clip.path, "stream", *map(str, (rate, longest, detail, sample_rate, seconds))) as received:
            for content in map(messages.content, received):
                if isinstance(content, str):
                    warn(content)
                    continue
                delivered, last = delivered + 1, max(last, content.time)
                yield content
    except ClipError:
        if not delivered:
            raise
        logger.warning("decoding ended early after %d images and sounds; going on with those", delivered)
        warn(f"decoding ended early, at {last:.1f} s; what follows is lost")
    if not delivered:
        raise ClipError(f"{clip.name}: neither image nor sound can be decoded; the file may be damaged. {ACCEPTED}.")


def frame_times(path: str | Path) -> np.ndarray:
    """Presentation time of every frame of a clip that can be decoded, in the order they are shown, float64 seconds [T].

    Raises ClipError when the clip cannot be read, or decoding fails half way.
    """
    clip = probe(path)
    with _decoder(clip.path, "times", str(clip.duration or MAX_DURATION)) as received:
        parts = [messages.times(message) for message in received if "times" in message.head]
    return np.concatenate(parts) if parts else np.zeros(0)
