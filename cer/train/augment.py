"""Face augmentation: what cameras, codecs and detectors do to a crop, on uint8 batches, then to the network's input."""

import io

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor


def normalise(images: Tensor) -> Tensor:
    """uint8 [N, H, W] to float32 [N, 1, H, W] in [-1, 1]."""
    return images.unsqueeze(1).float() / 127.5 - 1


def compress(images: np.ndarray, rng: np.random.Generator, share: float = 0.15) -> np.ndarray:
    """JPEG at a random quality (15 to 70) on a random share of the batch."""
    images = images.copy()
    for index in np.flatnonzero(rng.random(len(images)) < share):
        buffer = io.BytesIO()
        Image.fromarray(images[index]).save(buffer, "JPEG", quality=int(rng.integers(15, 70)))
        images[index] = np.asarray(Image.open(buffer))
    return images


def _some(count: int, share: float) -> Tensor:
    return torch.rand(count) < share


def _spread(extent: float, *shape: int) -> Tensor:
    return (torch.rand(*shape) * 2 - 1) * extent


def augment(images: Tensor, size: int, strength: float = 1.0) -> Tensor:
    """Random views [N, 1, size, size] of face crops [N, 1, S, S] in [-1, 1]: pose, framing, light, blur, noise,
    occlusion. `strength` scales every range and every share.
    """
    count = len(images)
    angle = _spread(0.26 * strength, count)  # radians; 15 degrees
    scale = 1 + _spread(0.16 * strength, count)
    flip = torch.where(_some(count, 0.5), -1.0, 1.0)
    shift = _spread(0.14 * strength, count, 2)  # of half the picture
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    affine = torch.stack(
        [torch.stack([cos * flip, -sin, shift[:, 0]], 1), torch.stack([sin * flip, cos, shift[:, 1]], 1)], 1
    )
    grid = F.affine_grid(affine, [count, 1, size, size], align_corners=False)
    images = F.grid_sample(images, grid, padding_mode="reflection", align_corners=False)

    gain = 1 + _spread(0.4 * strength, count, 1, 1, 1)
    offset = _spread(0.25 * strength, count, 1, 1, 1)
    images = (images * gain + offset).clamp(-1, 1)
    gamma = torch.exp(_spread(0.4 * strength, count, 1, 1, 1))
    images = ((images + 1) / 2).clamp_min(1e-4).pow(gamma) * 2 - 1

    blurred = _some(count, 0.2 * strength)
    if blurred.any():
        small = int(torch.randint(20, 36, ()).item())
        coarse = F.interpolate(images[blurred], size=small, mode="bilinear", antialias=True)
        images[blurred] = F.interpolate(coarse, size=size, mode="bilinear")
    noisy = _some(count, 0.25 * strength)
    images[noisy] += torch.randn_like(images[noisy]) * 0.08 * torch.rand(int(noisy.sum()), 1, 1, 1)
    for index in torch.nonzero(_some(count, 0.3 * strength)).flatten().tolist():
        height, width = (torch.randint(size // 8, size // 2, (2,))).tolist()
        top, left = int(torch.randint(0, size - height, ())), int(torch.randint(0, size - width, ()))
        images[index, :, top : top + height, left : left + width] = torch.rand(()) * 2 - 1
    return images
