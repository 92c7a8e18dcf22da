"""The Hub's models that the `paper` profile uses: which they are, where on this disk, and whether they are unchanged.

A model is looked for in $CER_MODELS/<owner>--<name>, then in the Hub's cache, then fetched. In the cache a file's name
is its hash (SHA-256 of large files, git's SHA-1 of small ones); a folder of one's own carries SHA256SUMS. Either way
every byte is checked before a file is opened.
"""

import hashlib
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cer.errors import WeightsError
from cer.models.checkpoints import Checkpoint
from cer.progress import Progress

PATIENCE = 900.0  # seconds that an analysis waits for a download; it goes on in the background and is resumed

RETRY = 300.0  # seconds before a model that could not be had is asked for again

_SETTINGS = ("*.json", "*.txt", "*.model", "*.jinja")


@dataclass(frozen=True, slots=True)
class HubModel:
    """One model of the Hub. revision: the commit that was looked at, or "main" where only the Hub's owner vouches for
    it; weights: patterns of the weight files; size: megabytes to fetch; serves: the modality.
    """

    repo: str
    revision: str
    weights: tuple[str, ...]
    license: str
    size: int
    serves: str

    @property
    def folder(self) -> str:
        return self.repo.replace("/", "--")

    @property
    def wanted(self) -> list[str]:
        """Patterns of all that is fetched: settings, vocabularies, weights; never code."""
        return [*_SETTINGS, *self.weights]


_QWEN = {
    "3b": ("66285546d2b821cf421d4f5eb2576359d3770cd3", 7_520),
    "7b": ("cc594898137f460bfe9f0759e9844b3ce807cfb5", 16_600),
    "32b": ("main", 67_000),
}

MODELS = {
    "emoaffectnet": HubModel(
        "ElenaRyumina/face_emotion_recognition",
        "main",
        ("FER_static_ResNet50_AffectNet.pt", "FER_dinamic_LSTM_Aff-Wild2.pt"),
        "MIT",
        112,
        "static_face, dynamic_face",
    ),
    "clip": HubModel(
        "timm/vit_base_patch32_clip_224.openai", "main", ("open_clip_model.safetensors",), "MIT", 605, "scene_label"
    ),
    **{
        f"qwen2.5-vl-{size}": HubModel(
            f"Qwen/Qwen2.5-VL-{size.upper()}-Instruct",
            revision,
            ("*.safetensors",),
            "Qwen research license" if size == "3b" else "Apache-2.0",
            megabytes,
            "scene_context",
        )
        for size, (revision, megabytes) in _QWEN.items()
    },
    "wavlm": HubModel("3loi/SER-Odyssey-Baseline-WavLM-Categorical", "main", ("*.safetensors",), "MIT", 1_270, "audio"),
    "whisper": HubModel(
        "openai/whisper-small",
        "973afd24965f72e36ca33b3055d56a652f456b4d",
        ("model.safetensors",),
        "Apache-2.0",
        967,
        "text",
    ),
    "distilroberta": HubModel(
        "j-hartmann/emotion-english-distilroberta-base",
        "0e1cd914e3d46199ed785853e12b57304e04178b",
        ("model.safetensors", "pytorch_model.bin"),
        "not stated by its author",
        329,
        "text",
    ),
    "xlm-roberta": HubModel(
        "tabularisai/multilingual-emotion-classification",
        "main",
        ("model.safetensors",),
        "CC-BY-NC-4.0",
        1_112,
        "text",
    ),
}


def find(model: HubModel) -> Path | None:
    """The model's folder on this disk, or None. No network is used and nothing is checked."""
    own = os.environ.get("CER_MODELS")
    if own and (Path(own) / model.folder).is_dir():
        return Path(own) / model.folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(
            snapshot_download(model.repo, revision=model.revision, allow_patterns=model.wanted, local_files_only=True)
        )
    except (LocalEntryNotFoundError, OSError, ValueError):
        return None
    return folder if weights_of(folder, model) else None


def weights_of(folder: Path, model: HubModel) -> list[Path]:
    """The weight files that lie in a model's folder; safetensors alone where there are both kinds."""
    files = sorted({file for pattern in model.weights for file in folder.glob(pattern)})
    safe = [file for file in files if file.suffix == ".safetensors"]
    return safe or files


def fetch(model: HubModel, *, progress: Progress | None = None, patience: float = PATIENCE) -> Path:
    """Download a model into the Hub's cache, going on where an earlier attempt ended.

    progress: called with what is fetched and the fraction there, twice a second. Raises WeightsError when the Hub
    cannot be reached or takes longer than `patience` seconds; the download then goes on in the background.
    """
    from huggingface_hub import constants, snapshot_download

    outcome: list[Path | Exception] = []

    def work() -> None:
        try:
            outcome.append(Path(snapshot_download(model.repo, revision=model.revision, allow_patterns=model.wanted)))
        except Exception as error:
            outcome.append(error)

    worker = threading.Thread(target=work, daemon=True, name=f"fetch {model.repo}")
    worker.start()
    stored = Path(constants.HF_HUB_CACHE) / f"models--{model.folder}" / "blobs"
    deadline = time.monotonic() + patience
    while worker.is_alive() and time.monotonic() < deadline:
        worker.join(0.5)
        if progress is not None:
            progress(f"fetching {model.repo}", min(_megabytes(stored) / model.size, 1.0))
    if not outcome:
        raise WeightsError(
            f"{model.repo}: not fetched within {patience:.0f} s. The download goes on; try again later, or run "
            "`python -m cer models download` beforehand."
        )
    if isinstance(outcome[0], Exception):
        raise WeightsError(
            f"{model.repo}: not on this disk and the Hub cannot be asked ({_first_line(outcome[0])}). Connect to the "
            f"network, or put its files and a SHA256SUMS into $CER_MODELS/{model.folder}."
        ) from outcome[0]
    return outcome[0]


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.glob("*") if file.is_file()) / 1e6 if folder.is_dir() else 0.0


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


_failed: dict[str, tuple[float, WeightsError]] = {}


def locate(model: HubModel, *, progress: Progress | None = None) -> Path:
    """The folder of a model whose every file is right, fetched first if need be. Raises WeightsError, and whatever
    `progress` raises to cancel the wait.
    """
    if model.repo in _failed and time.monotonic() < _failed[model.repo][0] + RETRY:
        raise _failed[model.repo][1]
    try:
        folder = find(model) or fetch(model, progress=progress)
        if not weights_of(folder, model):
            raise WeightsError(
                f"{model.repo}: its folder holds none of {', '.join(model.weights)}. Fetch it anew with "
                "`python -m cer models download`."
            )
        _verified(folder)
    except WeightsError as error:
        _failed[model.repo] = (time.monotonic(), error)
        raise
    _failed.pop(model.repo, None)
    return folder


@cache
def _verified(folder: Path) -> None:
    """Raises WeightsError for the first file that is not what it should be."""
    for file, wrong in check(folder):
        if wrong:
            raise WeightsError(
                f"{file.name}: {wrong}. `python -m cer models verify` says where it lies; delete it and run "
                "`python -m cer models download`."
            )


def check(folder: Path) -> Iterator[tuple[Path, str | None]]:
    """Each file of a model's folder and what is wrong with it, None for nothing."""
    for file, expected in _hashes(folder).items():
        if not os.path.isfile(file):  # unlike Path.is_file it takes any text for a name
            yield file, "it is in SHA256SUMS, and missing"
        elif expected is not None:
            yield (
                file,
                None if digest(file, git=len(expected) == 40) == expected else "its hash is wrong; it is damaged",
            )
        elif file.suffix in (".safetensors", ".pt", ".bin"):
            yield file, "nothing says what its SHA-256 should be (a folder of your own needs a SHA256SUMS)"


def _hashes(folder: Path) -> dict[Path, str | None]:
    """Each file of a model's folder and the hash it should have: from SHA256SUMS, as sha256sum writes it, or from the
    name that the Hub's cache stores it under.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    listed = folder / "SHA256SUMS"
    if listed.is_file():
        lines = [line.split(maxsplit=1) for line in listed.read_text("utf-8", "replace").splitlines()]
        sums = {line[1].lstrip("*").removeprefix("./"): line[0] for line in lines if len(line) == 2}
        here = {file: sums.get(file.relative_to(folder).as_posix()) for file in files}
        return here | {folder / name: expected for name, expected in sums.items() if folder / name not in here}
    names = {file: file.resolve().name for file in files}
    return {file: name if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", name) else None for file, name in names.items()}


def digest(file: Path, *, git: bool = False) -> str:
    """SHA-256 of a file, or the SHA-1 that git gives its content."""
    sha = hashlib.sha1(b"blob %d\0" % file.stat().st_size, usedforsecurity=False) if git else hashlib.sha256()
    with file.open("rb") as content:
        while part := content.read(1 << 20):
            sha.update(part)
    return sha.hexdigest()


def describe(model: HubModel, *, only: str = "*") -> tuple[Checkpoint, ...]:
    """What results say about a model's weight files, from what lies on this disk; no network is used.

    A model that is not here yet is described by the patterns of its files, without hashes.
    """
    folder = find(model)
    if folder is None:
        return tuple(
            Checkpoint(model.repo, file, "", model.revision, model.license)
            for file in model.weights
            if Path(file).match(only)
        )
    hashes = _hashes(folder)
    return tuple(
        Checkpoint(model.repo, file.name, hashes[file] or "", _revision(folder, model), model.license)
        for file in weights_of(folder, model)
        if file.match(only)
    )


def _revision(folder: Path, model: HubModel) -> str:
    """The commit, which is the name of a cache's snapshot."""
    return folder.name if len(folder.name) == 40 else model.revision
