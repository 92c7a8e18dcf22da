"""Exports all-MiniLM-L6-v2 as an ONNX graph without weights: they stay in minilm.safetensors.

python -m cer.train.sentence_encoder --out cer/weights
"""

import argparse
from pathlib import Path

import torch
from torch import Tensor, nn

from cer.models.checkpoints import MINILM
from cer.models.runtime import tensors
from cer.perception.text_encoder import WIDTH, WORDS
from cer.train.minilm import bert
from cer.train.publish import export, publish, without_weights


class MeanPooled(nn.Module):
    """Token states averaged over the real tokens and scaled to unit length, as sentence-transformers does for this
    model. Input: word vectors float32 [N, T, 384], for their table stays in int8, and the mask int64 [N, T].
    """

    def __init__(self, bert: nn.Module) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        states = self.bert(inputs_embeds=words, attention_mask=mask).last_hidden_state
        real = mask[..., None].to(states.dtype)
        return nn.functional.normalize((states * real).sum(1) / real.sum(1), dim=1)


def graph(network: nn.Module) -> bytes:
    """The encoder as an ONNX graph that carries none of the weights of its file."""
    inputs = {"words": torch.randn(2, 12, WIDTH), "mask": torch.ones(2, 12, dtype=torch.long)}
    free = {0: "N", 1: "T"}
    whole = export(MeanPooled(network), inputs, ["sentence"], {"words": free, "mask": free}, optimize=False)
    return without_weights(whole, {f"bert.{name}" for name in tensors(MINILM) if name != WORDS})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    publish(
        arguments.out,
        "sentence_encoder.onnx",
        graph(bert(attn_implementation="eager")),
        name="all-MiniLM-L6-v2, graph without weights",
        license="Apache-2.0",
        run={"made_from": {"file": MINILM.file, "sha256": MINILM.sha256}},
    )


if __name__ == "__main__":
    main()
