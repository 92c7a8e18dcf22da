"""Tensors of published checkpoints. Pickles are read once, by torch's restricted unpickler, and kept as safetensors."""

import os
from pathlib import Path
from typing import Any

from cer.errors import WeightsError
from cer.files import write_whole
from cer.models.hub import HubModel, digest, locate, weights_of


def load(model: HubModel, only: str = "*") -> dict[str, Any]:
    """All tensors of a model's weight files that match `only`, by name, on the CPU. Raises WeightsError."""
    tensors: dict[str, Any] = {}
    for file in weights_of(locate(model), model):
        if file.match(only):
            tensors.update(_read(file))
    return tensors


def fill(network: Any, state: dict[str, Any], origin: str) -> Any:
    """Put tensors into a network made on the meta device and set it to evaluation. Raises WeightsError when a name or a
    shape does not fit: a network is never left partly random.
    """
    try:
        network.load_state_dict(state, strict=True, assign=True)
    except RuntimeError as error:
        raise WeightsError(
            f"{origin}: its tensors do not fit the network ({str(error).splitlines()[-1].strip()[:160]}). Use the "
            "revision that this project names."
        ) from error
    return network.eval()


def _read(file: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    try:
        return load_file(file if file.suffix == ".safetensors" else _converted(file))
    except Exception as error:
        raise WeightsError(f"{file.name}: not a file of tensors ({type(error).__name__}). Fetch it anew.") from error


def _converted(file: Path) -> Path:
    """A pickle's tensors as safetensors, made on first use beside the user's other caches and named by its SHA-256."""
    import torch
    from safetensors.torch import save_file

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cer"
    made = cache / f"{digest(file)}.safetensors"
    sum_of = made.with_suffix(".sha256")
    if not (made.is_file() and sum_of.is_file() and sum_of.read_text("ascii", "replace") == digest(made)):
        state = torch.load(file, map_location="cpu", weights_only=True)
        state = state.get("state_dict", state)
        cache.mkdir(parents=True, exist_ok=True)
        part = made.with_suffix(f".{os.getpid()}.part")
        save_file({name: tensor.contiguous().clone() for name, tensor in state.items()}, part)
        part.replace(made)
        write_whole(digest(made), sum_of)
    return made
