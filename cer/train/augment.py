"""Face augmentation for video: what cameras, codecs, framing and occlusion do to a crop.

Every view comes with a quality in [0, 1]: how much of the expression the degradation has left to see. The quality head
learns it.
"""

import io
import math

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

FULL_QUALITY_SIZE = 40  # pixels; a face sampled at this side or more shows its expression in full
BLACK = 0.1  # of [0, 1]; darker pixels of an oval cut-out count as its background
_LUMA = (0.299, 0.587, 0.114)


def normalise(images: Tensor) -> Tensor:
    """RGB uint8 [N, H, W, 3] to float32 [N, 3, H, W] in [-1, 1], in channels-last memory."""
    return images.permute(0, 3, 1, 2).float().div_(127.5).sub_(1)


def compress(images: NDArray[np.uint8], rng: np.random.Generator, share: float = 0.2) -> NDArray[np.uint8]:
    """JPEG at a random quality (10 to 70) on a random share of the batch."""
    images = images.copy()
    for index in np.flatnonzero(rng.random(len(images)) < share):
        buffer = io.BytesIO()
        Image.fromarray(images[index]).save(buffer, "JPEG", quality=int(rng.integers(10, 70)))
        images[index] = np.asarray(Image.open(buffer))
    return images


def _some(count: int, share: float) -> Tensor:
    return torch.rand(count) < share


def _spread(extent: float, *shape: int) -> Tensor:
    return (torch.rand(*shape) * 2 - 1) * extent


def fill_black(images: Tensor, share: float) -> None:
    """Put other images of the batch behind faces that are cut out on black, in place.

    Args:
        images: [N, 3, S, S] in [-1, 1].
        share: of the images.
    """
    rows = _some(len(images), share).nonzero()[:, 0]
    if not len(rows):
        return
    bright = ((images[rows].amax(1, keepdim=True) + 1) / 2 > BLACK).float()
    face = F.avg_pool2d(bright, 5, 1, 2).gt(0.5).float()
    behind = images[torch.randint(len(images), (len(rows),))].flip(2)
    behind = behind if torch.rand(()) < 0.5 else behind.mean((2, 3), keepdim=True)
    images[rows] = images[rows] * face + behind * (1 - face)


def mask_oval(images: Tensor, share: float) -> None:
    """Black out what lies outside a random oval around the face, in place; images [N, 3, S, S]."""
    rows = _some(len(images), share).nonzero()[:, 0]
    count, side = len(rows), images.shape[2]
    axis = torch.linspace(-1, 1, side)
    x = (axis.view(1, 1, side) - _spread(0.08, count, 1, 1)) / (0.75 + _spread(0.12, count, 1, 1))
    y = (axis.view(1, side, 1) - 0.05 - _spread(0.08, count, 1, 1)) / (0.92 + _spread(0.1, count, 1, 1))
    inside = (x**2 + y**2 < 1).float()[:, None]
    images[rows] = images[rows] * inside - (1 - inside)


def augment(images: Tensor, size: int, strength: float = 1.0) -> tuple[Tensor, Tensor]:
    """Random views of face crops: pose, framing, light, color, resolution, motion blur, noise, occlusion.

    Args:
        images: [N, 3, S, S] in [-1, 1].
        size: pixels of the views' sides.
        strength: scales every range and every share.

    Returns:
        Views [N, 3, size, size] in [-1, 1] and their quality [N] in [0, 1].
    """
    views = _light(_frame(images, size, strength), strength)
    quality = torch.ones(len(views))
    for degrade in (_darken, _resample, _motion, _noise, _occlude):
        degrade(views, quality, strength)
    return views.clamp_(-1, 1), quality


def _frame(images: Tensor, size: int, strength: float) -> Tensor:
    count = len(images)
    angle = _spread(0.3 * strength, count)  # radians; 17 degrees
    wide = torch.exp(_spread(0.2 * strength, count))
    aspect = torch.exp(_spread(0.1 * strength, count))
    flip = torch.where(_some(count, 0.5), -1.0, 1.0)
    shift = _spread(0.14 * strength, count, 2)  # of half the image
    cos, sin = torch.cos(angle) * wide, torch.sin(angle) * wide
    affine = torch.stack(
        [torch.stack([cos * flip * aspect, -sin, shift[:, 0]], 1), torch.stack([sin * flip, cos, shift[:, 1]], 1)], 1
    )
    grid = F.affine_grid(affine, [count, 3, size, size], align_corners=False)
    padding = "border" if torch.rand(()) < 0.7 else "zeros"
    return F.grid_sample(images, grid, padding_mode=padding, align_corners=False)


def _light(images: Tensor, strength: float) -> Tensor:
    count = len(images)
    images = images * (1 + _spread(0.4 * strength, count, 1, 1, 1)) + _spread(0.25 * strength, count, 1, 1, 1)
    grey = sum(weight * images[:, [channel]] for channel, weight in enumerate(_LUMA))
    color = torch.where(_some(count, 0.3).view(-1, 1, 1, 1), 0.0, 1 + _spread(0.5 * strength, count, 1, 1, 1))
    tint = torch.where(_some(count, 0.5).view(-1, 1, 1, 1), 0.0, _spread(0.12 * strength, count, 3, 1, 1))
    images = (grey + (images - grey) * color + tint * (color > 0)).clamp_(-1, 1)
    rows = _some(count, 0.4).nonzero()[:, 0]
    gamma = torch.exp(_spread(0.5 * strength, len(rows), 1, 1, 1))
    images[rows] = ((images[rows] + 1) / 2).clamp_min_(1e-4).pow_(gamma).mul_(2).sub_(1)
    return images


def _darken(views: Tensor, quality: Tensor, strength: float) -> None:
    rows = _some(len(views), 0.15 * strength).nonzero()[:, 0]
    gain = 0.15 + 0.55 * torch.rand(len(rows))
    dark = (views[rows] + 1) * gain.view(-1, 1, 1, 1) - 1
    views[rows] = dark + torch.randn_like(dark) * 0.06 * (1 - gain).view(-1, 1, 1, 1)
    quality[rows] *= (0.4 + gain).clamp(max=1)


def _resample(views: Tensor, quality: Tensor, strength: float) -> None:
    size = views.shape[2]
    for rows in _some(len(views), 0.35 * strength).nonzero()[:, 0].split(12):
        small = round(10 * math.exp(float(torch.rand(())) * math.log(size * 0.8 / 10)))
        mode = "bilinear" if torch.rand(()) < 0.6 else "bicubic"
        coarse = F.interpolate(views[rows], size=small, mode="bilinear", antialias=True)
        views[rows] = F.interpolate(coarse, size=size, mode=mode)
        quality[rows] *= min(1.0, small / FULL_QUALITY_SIZE)


def _motion(views: Tensor, quality: Tensor, strength: float) -> None:
    rows = _some(len(views), 0.12 * strength).nonzero()[:, 0]
    if not len(rows):
        return
    length = int(torch.randint(1, 4, ())) * 2 + 1  # 3 to 7 pixels
    angle = float(torch.rand(())) * math.pi
    kernel = torch.zeros(length, length)
    for step in torch.linspace(-(length // 2), length // 2, 4 * length).tolist():
        kernel[round(length // 2 + step * math.sin(angle)), round(length // 2 + step * math.cos(angle))] += 1
    kernel = (kernel / kernel.sum()).expand(3, 1, length, length).contiguous()
    views[rows] = F.conv2d(F.pad(views[rows], (length // 2,) * 4, mode="replicate"), kernel, groups=3)
    quality[rows] *= min(1.0, views.shape[2] / length / FULL_QUALITY_SIZE * 2)


def _noise(views: Tensor, quality: Tensor, strength: float) -> None:
    rows = _some(len(views), 0.25 * strength).nonzero()[:, 0]
    level = 0.15 * torch.rand(len(rows)) ** 2
    views[rows] += torch.randn_like(views[rows]) * level.view(-1, 1, 1, 1)
    quality[rows] *= 1 - 2 * level


def _occlude(views: Tensor, quality: Tensor, strength: float) -> None:
    size = views.shape[2]
    for index in _some(len(views), 0.3 * strength).nonzero()[:, 0].tolist():
        height, width = torch.randint(size // 8, size // 2, (2,)).tolist()
        if torch.rand(()) < 0.2:
            width = size  # a letterbox bar, a mask, a caption
        top, left = int(torch.randint(0, size - height, ())), int(torch.randint(0, size - width + 1, ()))
        color = torch.rand(3, 1, 1) * 2 - 1 if torch.rand(()) < 0.7 else torch.full((3, 1, 1), -1.0)
        views[index, :, top : top + height, left : left + width] = color
        quality[index] *= 1 - min(0.9, 2 * height * width / size**2)


def mix_pairs(
    views: Tensor, targets: Tensor, groups: list[slice], share: float, rng: np.random.Generator
) -> tuple[Tensor, Tensor, Tensor]:
    """MixUp (arXiv 1710.09412) of a share of the rows with another row of their group.

    Args:
        views: [N, 3, S, S].
        targets: [N, K].
        groups: rows of one corpus each; pairs stay within a group, so its class prior is kept.

    Returns:
        Views, targets and bool [N]: which rows are mixed.
    """
    partner = np.arange(len(views))
    for group in groups:
        rows = np.arange(len(views))[group]
        partner[rows] = rng.permutation(rows)
    weight = rng.beta(0.6, 0.6, len(views)).astype(np.float32)
    mixed = rng.random(len(views)) < share
    weight[~mixed] = 1
    scale = torch.from_numpy(weight)
    views = views * scale.view(-1, 1, 1, 1) + views[partner] * (1 - scale.view(-1, 1, 1, 1))
    return views, targets * scale[:, None] + targets[partner] * (1 - scale[:, None]), torch.from_numpy(mixed)
