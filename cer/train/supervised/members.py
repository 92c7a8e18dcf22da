"""Three networks of different families (torch) on the maps and embeddings of the frozen face network.

They follow the ensemble of arXiv 2403.12572 and 2407.12257 (convolutions, a vision transformer, multi-scale local
attention). The papers fine-tune ResNet-50, ViT and a pyramid network on images; two processor cores do not, so here
each family reads the same frozen 8 x 8 maps, with the face's embedding beside what it makes of them.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from cer.corpora.rafce import EXPRESSIONS, PAIRS
from cer.perception.face_encoder import EMBEDDING_SIZE, MAPS_SHAPE

CHANNELS, PLACES, _ = MAPS_SHAPE
SINGLE_COUNT = 7


class Member(nn.Module):
    """Logits [N, 7] of single expressions and [N, 14] of compounds, of maps [N, 512, 8, 8] and embeddings [N, 256]."""

    width: ClassVar[int]  # of what `read` returns

    def __init__(self, singles: int = SINGLE_COUNT) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(EMBEDDING_SIZE, affine=False)
        self.dropout = nn.Dropout(0.4)
        self.singles = nn.Linear(self.width + EMBEDDING_SIZE, singles)
        self.compounds = nn.Linear(self.width + EMBEDDING_SIZE, len(EXPRESSIONS))

    def read(self, maps: Tensor) -> Tensor:
        """Features [N, width] of the maps."""
        raise NotImplementedError

    def forward(self, maps: Tensor, embeddings: Tensor) -> tuple[Tensor, Tensor]:
        features = self.dropout(torch.cat([self.read(maps), self.norm(embeddings)], 1))
        return self.singles(features), self.compounds(features)

    @torch.no_grad()
    def begin_compounds(self) -> None:
        """Let each compound's weights be the sum of its two emotions': the product of their probabilities."""
        for row, (first, second) in enumerate(PAIRS):
            self.compounds.weight[row] = self.singles.weight[first] + self.singles.weight[second]
            self.compounds.bias[row] = self.singles.bias[first] + self.singles.bias[second]


class Linear(Member):
    """The embedding alone: what a linear layer on the face network reaches, the least that the others must beat."""

    width = 0

    def read(self, maps: Tensor) -> Tensor:
        return maps[:, :0, 0, 0]


class _Separable(nn.Sequential):
    """A depthwise and a pointwise convolution (arXiv 1704.04861)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, inputs, 3, stride, 1, groups=inputs, bias=False),
            nn.BatchNorm2d(inputs),
            nn.ReLU(),
            nn.Conv2d(inputs, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class Convolutional(Member):
    """Separable convolutions to 4 x 4 places, each channel pooled with weights of its own."""

    width = 256

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(_Separable(CHANNELS, 192, 2), _Separable(192, self.width, 1))
        self.pool = nn.Conv2d(self.width, self.width, PLACES // 2, groups=self.width, bias=False)
        nn.init.constant_(self.pool.weight, 4 / PLACES**2)

    def read(self, maps: Tensor) -> Tensor:
        return self.pool(self.body(maps)).flatten(1)


class Transformer(Member):
    """A vision transformer (arXiv 2010.11929) whose 64 tokens are the places of the maps."""

    width = 96

    def __init__(self, layers: int = 2, heads: int = 4) -> None:
        super().__init__()
        self.enter = nn.Conv2d(CHANNELS, self.width, 1)
        self.places = nn.Parameter(torch.randn(1, PLACES**2, self.width) * 0.02)
        self.question = nn.Parameter(torch.randn(1, 1, self.width) * 0.02)
        self.layers = nn.ModuleList(_Layer(self.width, heads) for _ in range(layers))
        self.last = nn.LayerNorm(self.width)

    def read(self, maps: Tensor) -> Tensor:
        tokens = self.enter(maps).flatten(2).transpose(1, 2) + self.places
        tokens = torch.cat([self.question.expand(len(tokens), -1, -1), tokens], 1)
        for layer in self.layers:
            tokens = layer(tokens)
        return self.last(tokens[:, 0])


class _Layer(nn.Module):
    """A transformer layer that normalizes first. Written out because the exporter cannot trace torch's fast path."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix, self.leave = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.think = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(0.1), nn.Linear(2 * width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        count, length, width = tokens.shape
        mixed = self.mix(self.before(tokens)).view(count, length, 3, self.heads, width // self.heads)
        query, key, value = mixed.permute(2, 0, 3, 1, 4)
        attended = nn.functional.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.leave(attended.transpose(1, 2).reshape(count, length, width))
        return tokens + self.think(self.between(tokens))


def narrow(width: int) -> nn.Sequential:
    """The maps' channels mixed into fewer, place by place."""
    return nn.Sequential(nn.Conv2d(CHANNELS, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())


class MultiScale(Member):
    """A residual network with attention over scales and places: each block looks at 1, 3, 5 and 7 places around, weighs
    the four for each channel, and then the places (multi-scale local attention, after MA-Net, TIP 2021).
    """

    width = 128

    def __init__(self, blocks: int = 2) -> None:
        super().__init__()
        self.enter = narrow(self.width)
        self.blocks = nn.ModuleList(_Scales(self.width) for _ in range(blocks))
        self.attend = nn.Conv2d(self.width, 1, 1)

    def read(self, maps: Tensor) -> Tensor:
        maps = self.enter(maps)
        for block in self.blocks:
            maps = block(maps)
        share = self.attend(maps).flatten(2).softmax(2)
        return (maps.flatten(2) * share).sum(2)


class _Scales(nn.Module):
    def __init__(self, width: int, sizes: tuple[int, ...] = (1, 3, 5, 7)) -> None:
        super().__init__()
        self.scales = nn.ModuleList(nn.Conv2d(width, width, size, padding=size // 2, groups=width) for size in sizes)
        self.choose = nn.Sequential(nn.Linear(width, width // 4), nn.ReLU(), nn.Linear(width // 4, width * len(sizes)))
        self.mix = nn.Sequential(nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, maps: Tensor) -> Tensor:
        looks = torch.stack([scale(maps) for scale in self.scales], 1)  # [N, scales, C, H, W]
        weights = self.choose(maps.mean((2, 3))).view(len(maps), len(self.scales), -1).softmax(1)
        return torch.relu(maps + self.mix((looks * weights[..., None, None]).sum(1)))


FAMILIES: dict[str, type[Member]] = {
    "convolutional": Convolutional,
    "transformer": Transformer,
    "multi-scale": MultiScale,
}
"""The ensemble's three."""
