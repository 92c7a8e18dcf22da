"""Exports the first layers of Whisper tiny.en's encoder as an ONNX graph without weights: they stay in the CTranslate2
file of the package that carries them.

python -m cer.train.voice_encoder --out cer/weights
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cer.models.checkpoints import WHISPER
from cer.models.runtime import tensors
from cer.perception.voice_encoder import LAYERS, names
from cer.train.publish import export, publish, without_weights

HEADS = 6  # of attention


class VoiceEncoder(nn.Module):
    """Whisper's encoder (arXiv 2212.04356) up to its layer LAYERS: from a log-mel spectrum [N, 80, T] to the outputs
    of the layers side by side, [N, ceil(T / 2), 384 x LAYERS]. Parameters are called as in the CTranslate2 file.
    """

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        super().__init__()
        for name in names():
            value = torch.from_numpy(weights[name].astype(np.float32))
            self.register_parameter(name, nn.Parameter(value, requires_grad=False))

    def forward(self, mel: Tensor) -> Tensor:
        x = F.gelu(F.conv1d(mel, *self._pair("conv1"), padding=1))
        x = F.gelu(F.conv1d(x, *self._pair("conv2"), stride=2, padding=1)).transpose(1, 2)
        x = x + self.get_parameter("encoder/position_encodings/encodings")[: x.shape[1]]
        outputs = []
        for layer in range(LAYERS):
            x = x + self._attend(x, f"layer_{layer}/self_attention")
            hidden = F.gelu(F.linear(self._norm(x, f"layer_{layer}/ffn"), *self._pair(f"layer_{layer}/ffn/linear_0")))
            x = x + F.linear(hidden, *self._pair(f"layer_{layer}/ffn/linear_1"))
            outputs.append(x)
        return torch.cat(outputs, -1)

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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    graph = export(
        VoiceEncoder(tensors(WHISPER)), {"mel": torch.zeros(1, 80, 300)}, ["rows"], {"mel": {2: "T"}}, optimize=False
    )
    publish(
        arguments.out,
        "voice_encoder.onnx",
        without_weights(graph, set(names())),
        name="Whisper tiny.en, three layers of its encoder, graph without weights",
        license="MIT",
        run={"made_from": {"file": WHISPER.file, "sha256": WHISPER.sha256}},
    )


if __name__ == "__main__":
    main()
