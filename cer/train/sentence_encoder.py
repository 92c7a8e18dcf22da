"""Exports all-MiniLM-L6-v2 as an ONNX graph without weights: they stay in the safetensors file of the package that
carries them.

python -m cer.train.sentence_encoder --out cer/weights
"""

import argparse
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn
from transformers import BertModel

from ..checkpoints import MINILM, locate, tensors
from .publish import bare, publish


class MeanPooled(nn.Module):
    """Token states averaged over the real tokens and scaled to unit length, as sentence-transformers does for this
    model.
    """

    def __init__(self, bert: nn.Module) -> None:
        super().__init__()
        self.bert = bert

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        states = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state
        real = mask[..., None].to(states.dtype)
        return nn.functional.normalize((states * real).sum(1) / real.sum(1), dim=1)


def graph_without_weights(bert: nn.Module, kept_outside: set[str]) -> bytes:
    """The exported graph; an initializer named in `kept_outside` (with the prefix "bert.") loses its data and is
    marked external.
    """
    ids, mask = torch.randint(1000, 20000, (2, 12)), torch.ones(2, 12, dtype=torch.long)
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    program = torch.onnx.export(
        MeanPooled(bert).eval(),
        (ids, mask),
        dynamo=True,
        input_names=["ids", "mask"],
        output_names=["sentence"],
        dynamic_shapes=(free, free),
        optimize=False,
        verbose=False,
    )
    assert program is not None
    model = bare(program.model_proto)
    del model.functions[:]
    for tensor in model.graph.initializer:
        if tensor.name.removeprefix("bert.") in kept_outside:
            tensor.ClearField("raw_data")
            tensor.data_location = onnx.TensorProto.EXTERNAL
            del tensor.external_data[:]
            tensor.external_data.add(key="location", value="model.safetensors")
    return bytes(model.SerializeToString())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    path = locate(MINILM)
    names = {name for name in tensors(MINILM) if not name.endswith("position_ids")}
    bert = BertModel.from_pretrained(path.parent, attn_implementation="eager")
    publish(
        arguments.out,
        "sentence_encoder.onnx",
        graph_without_weights(bert, names),
        name="all-MiniLM-L6-v2, graph without weights",
        licence="Apache-2.0",
        run={"made_from": {"file": MINILM.file, "sha256": MINILM.sha256}},
    )


if __name__ == "__main__":
    main()
