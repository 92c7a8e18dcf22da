"""The network of the Odyssey 2024 speech emotion baseline, so that its published tensors fit by name."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from transformers import WavLMConfig, WavLMModel


class Pooling(nn.Module):
    """Attentive statistics pooling (arXiv 1803.10963): [N, T, D] to attention-weighted mean and deviation [N, 2D]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.sap_linear = nn.Linear(width, width)
        self.attention = nn.Parameter(torch.empty(width, 1))

    def forward(self, rows: Tensor, mask: Tensor) -> Tensor:
        scores = torch.tanh(self.sap_linear(rows)) @ self.attention
        weights = scores.masked_fill(~mask[..., None], -torch.inf).softmax(1)
        mean = (rows * weights).sum(1)
        deviation = ((rows**2 * weights).sum(1) - mean**2).clamp(min=1e-5).sqrt()
        return torch.cat([mean, deviation], 1)


class Head(nn.Module):
    """`layers` times linear, layer norm, ReLU; then the classes."""

    def __init__(self, inputs: int, width: int, layers: int, classes: int) -> None:
        super().__init__()
        sizes = [inputs, *[width] * layers]
        self.fc = nn.ModuleList(nn.Sequential(nn.Linear(a, b), nn.LayerNorm(b), nn.ReLU()) for a, b in pairwise(sizes))
        self.out = nn.Sequential(nn.Linear(width, classes))

    def forward(self, pooled: Tensor) -> Tensor:
        for layer in self.fc:
            pooled = layer(pooled)
        return self.out(pooled)


class SpeechEmotion(nn.Module):
    """Samples float [N, L] and mask bool [N, L] to pooled embeddings [N, 2D] and logits [N, K]."""

    def __init__(self, ssl: WavLMConfig, layers: int, classes: int) -> None:
        super().__init__()
        self.width, self.classes = ssl.hidden_size, classes
        self.ssl_model = WavLMModel(ssl)
        self.pool_model = Pooling(self.width)
        self.ser_model = Head(2 * self.width, self.width, layers, classes)

    @classmethod
    def empty(cls, config: Mapping[str, Any]) -> "SpeechEmotion":
        """From a checkpoint's config, with tensors still to come."""
        options = {name: value for name, value in config.items() if name in WavLMConfig().to_dict()}
        options.pop("model_type", None)
        with torch.device("meta"):
            return cls(WavLMConfig(**options), int(config.get("classifier_hidden_layers", 1)), len(config["id2label"]))

    def forward(self, samples: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        rows = self.ssl_model(samples, attention_mask=mask.long()).last_hidden_state
        lengths = self.ssl_model._get_feat_extract_output_lengths(mask.sum(1))  # type: ignore[arg-type]
        valid = torch.arange(rows.shape[1], device=rows.device)[None] < lengths[:, None]
        pooled = self.pool_model(rows, valid)
        return pooled, self.ser_model(pooled)


def renamed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors under the names that today's torch gives them: weight norm was spelt weight_g and weight_v."""
    old, new = "pos_conv_embed.conv.weight_", "pos_conv_embed.conv.parametrizations.weight.original"
    return {name.replace(f"{old}g", f"{new}0").replace(f"{old}v", f"{new}1"): tensor for name, tensor in state.items()}
