"""Converts the first layers of Whisper base's encoder: a graph without weights, and its weights, matrices in int8.

    python -m cer.train.voice_encoder --out cer/weights

The source is the CTranslate2 file of the packages of the extra `languages`, in float16. Users who want English alone
need neither package.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save
from torch import Tensor, nn

from cer.models.checkpoints import WHISPER_BASE, join, own
from cer.models.quantization import SCALES, quantize
from cer.models.runtime import tensors
from cer.perception.voice_encoder import FIRST, LAYERS, POSITIONS, WEIGHTS, names, positions
from cer.train.publish import export, publish, without_weights

HEADS = 8  # of attention


class VoiceEncoder(nn.Module):
    """Whisper's encoder (arXiv 2212.04356) up to its layer LAYERS: from a log-mel spectrum [N, 80, T] to the outputs
    of the layers from FIRST on side by side, [N, ceil(T / 2), WIDTH]. Parameters are called as in the CTranslate2 file.
    """

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        super().__init__()
        for name, tensor in {**{name: weights[name] for name in names()}, POSITIONS: positions()}.items():
            value = torch.from_numpy(tensor.astype(np.float32))
            self.register_parameter(name, nn.Parameter(value, requires_grad=False))

    def forward(self, mel: Tensor) -> Tensor:
        x = F.gelu(F.conv1d(mel, *self._pair("conv1"), padding=1))
        x = F.gelu(F.conv1d(x, *self._pair("conv2"), stride=2, padding=1)).transpose(1, 2)
        x = x + self.get_parameter(POSITIONS)[: x.shape[1]]
        outputs = []
        for layer in range(LAYERS):
            x = x + self._attend(x, f"layer_{layer}/self_attention")
            hidden = F.gelu(F.linear(self._norm(x, f"layer_{layer}/ffn"), *self._pair(f"layer_{layer}/ffn/linear_0")))
            x = x + F.linear(hidden, *self._pair(f"layer_{layer}/ffn/linear_1"))
            outputs.append(x)
        return torch.cat(outputs[FIRST:], -1)

    def _attend(self, x: Tensor, block: str) -> Tensor:
        of_all = F.linear(self._norm(x, block), *self._pair(f"{block}/linear_0"))
        query, key, value = (
            part.unflatten(-1, (HEADS, -1)).transpose(1, 2) for part in of_all.chunk(3, -1)
        )  # [N, HEADS, R, 64]
        weights = (query @ key.transpose(2, 3) / query.shape[-1] ** 0.5).softmax(-1)
        return F.linear((weights @ value).transpose(1, 2).flatten(2), *self._pair(f"{block}/linear_1"))

    def _norm(self, x: Tensor, block: str) -> Tensor:
        gamma, beta = (self.get_parameter(f"encoder/{block}/layer_norm/{kind}") for kind in ("gamma", "beta"))
        return F.layer_norm(x, (x.shape[-1],), gamma, beta)

    def _pair(self, name: str) -> tuple[Tensor, Tensor]:
        return self.get_parameter(f"encoder/{name}/weight"), self.get_parameter(f"encoder/{name}/bias")


def source() -> dict[str, np.ndarray]:
    """The tensors of Whisper base. Raises WeightsError."""
    with TemporaryDirectory() as private:
        path = Path(private) / "model.bin"
        join(WHISPER_BASE, path)
        return {name: np.array(tensor) for name, tensor in tensors(own(path, "Whisper base")).items()}


def convert(original: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors that ship: int8 and scales for each matrix, the rest as it is."""
    converted: dict[str, np.ndarray] = {}
    for name in names():
        if original[name].ndim == 2:
            converted[name], converted[name + SCALES] = quantize(original[name].astype(np.float32))
        else:
            converted[name] = original[name]
    return converted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    original = source()
    run = {"made_from": {"packages": WHISPER_BASE.revision, "sha256": WHISPER_BASE.sha256}}
    content = save(convert(original))
    publish(
        arguments.out, WEIGHTS, content, name="Whisper base, four layers of its encoder, int8", license="MIT", run=run
    )
    inputs = {"mel": torch.zeros(1, 80, 300)}
    graph = export(VoiceEncoder(original), inputs, ["rows"], {"mel": {2: "T"}}, optimize=False)
    publish(
        arguments.out,
        "voice_encoder.onnx",
        without_weights(graph, {*names(), POSITIONS}),
        name="Whisper base, four layers of its encoder, graph without weights",
        license="MIT",
        run=run,
    )


if __name__ == "__main__":
    main()
