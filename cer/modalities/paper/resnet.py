"""EmoAffectNet's networks (Ryumina et al., Neurocomputing 2022), so that the published tensors fit by name: a ResNet-50
in the manner of VGGFace2, and two LSTM layers over its features.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FEATURES = 512
STATE = 256  # of the second LSTM layer
_BLOCKS = (3, 4, 6, 3)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 1, stride, bias=False)
        self.batch_norm1 = _norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.batch_norm2 = _norm(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.batch_norm3 = _norm(4 * width)
        self.i_downsample = (
            nn.Sequential(nn.Conv2d(inputs, 4 * width, 1, stride, bias=False), _norm(4 * width))
            if stride != 1 or inputs != 4 * width
            else None
        )

    def forward(self, faces: Tensor) -> Tensor:
        inner = F.relu(self.batch_norm1(self.conv1(faces)))
        inner = F.relu(self.batch_norm2(self.conv2(inner)))
        inner = self.batch_norm3(self.conv3(inner))
        return F.relu(inner + (faces if self.i_downsample is None else self.i_downsample(faces)))


class ResNet50(nn.Module):
    """Faces float [N, 3, 224, 224] (blue, green, red, less the mean) to features [N, 512] and logits [N, K]."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv_layer_s2_same = nn.Conv2d(3, 64, 7, 2, bias=False)
        self.batch_norm1 = _norm(64)
        channels = 64
        for number, blocks in enumerate(_BLOCKS, 1):
            width = 32 << number
            layers = []
            for block in range(blocks):
                layers.append(Bottleneck(channels, width, 2 if block == 0 and number > 1 else 1))
                channels = 4 * width
            setattr(self, f"layer{number}", nn.Sequential(*layers))
        self.fc1 = nn.Linear(channels, FEATURES)
        self.fc2 = nn.Linear(FEATURES, classes)

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        # "Same" padding as TensorFlow has it, where the weights come from: two on the left, three on the right.
        x = F.relu(self.batch_norm1(self.conv_layer_s2_same(F.pad(faces, (2, 3, 2, 3)))))
        x = F.max_pool2d(x, 3, 2)
        for number in range(1, len(_BLOCKS) + 1):
            x = getattr(self, f"layer{number}")(x)
        features = F.relu(self.fc1(x.mean((2, 3))))
        return features, self.fc2(features)


class FaceSequence(nn.Module):
    """Features [N, T, 512] of consecutive faces to the last state [N, 256] and logits [N, K]."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.lstm1 = nn.LSTM(FEATURES, FEATURES, batch_first=True)
        self.lstm2 = nn.LSTM(FEATURES, STATE, batch_first=True)
        self.fc = nn.Linear(STATE, classes)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        last = self.lstm2(self.lstm1(features)[0])[0][:, -1]
        return last, self.fc(last)


def empty(build: type[nn.Module], classes: int) -> nn.Module:
    """A network whose tensors are still to come."""
    with torch.device("meta"):
        return build(classes)
