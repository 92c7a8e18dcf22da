"""Faces: find them in a frame, and cut them out upright and in one framing.

The detector is CenterFace (arXiv 1911.03599), run with onnxruntime.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from cer.models.checkpoints import CENTERFACE, locate
from cer.models.runtime import cached_per_device, onnx_session

DETECTION_SIDE = 416  # pixels; the frame's longest side while searching; 9 ms a frame on 2 cores, 25 ms at 640
MIN_SCORE = 0.5
MIN_FACE_SIZE = 20 / 640  # of the frame's longest side; a smaller face shows no expression
MIN_FACE_PIXELS = 20  # of a frame of any size: with so many of its own pixels a face shows one after all
MAX_OVERLAP = 0.3  # intersection over union above which two boxes are one face
CROP = 112  # pixels; side of the square crops

# Where the eyes, nose and mouth corners lie in a crop (share of its side): the median over FER+ validation faces, made
# symmetric.
TEMPLATE = np.array([[0.314, 0.409], [0.686, 0.409], [0.500, 0.599], [0.354, 0.757], [0.646, 0.757]], np.float32)


@dataclass(frozen=True, slots=True)
class Face:
    """A detected face. box: float32 [4] left, top, right, bottom and landmarks: float32 [5, 2] x, y (eyes, nose, mouth
    corners), both as shares of the frame's width and height; score in [0, 1]."""

    box: np.ndarray
    landmarks: np.ndarray
    score: float


@cached_per_device()
def _detector() -> Any:
    return onnx_session(locate(CENTERFACE))


def detect(image: np.ndarray) -> list[Face]:
    """Faces in an RGB uint8 [H, W, 3] image, the largest first."""
    return search(image, DETECTION_SIDE, MIN_FACE_SIZE * max(image.shape[:2]))


def search(
    image: np.ndarray,
    side: float,
    min_size: float,
    *,
    turn: int = 0,
    min_score: float = MIN_SCORE,
    enlarge: bool = False,
) -> list[Face]:
    """Faces in an image, the largest first.

    Args:
        image: RGB uint8 [H, W, 3].
        side: Pixels of the longest side while searching.
        min_size: Pixels of `image` that a face's shorter side measures at least.
        turn: Quarter turns counter-clockwise before the search; what is returned lies in `image` all the same.
        min_score: In [0, 1].
        enlarge: Whether an image below `side` is scaled up to it.
    """
    scale = side / max(image.shape[:2])
    turned = np.ascontiguousarray(np.rot90(image, turn))
    height, width = turned.shape[:2]
    # CenterFace halves its input five times: the sides are stretched to multiples of 32, and shares of the side undo
    # that.
    scale = scale if enlarge else min(1.0, scale)
    rows, columns = (max(32, round(length * scale / 32) * 32) for length in (height, width))
    heat, size, offset, points = run_detector(resized(turned, columns, rows)[None])
    least = min_size / np.array([width, height])
    faces = _decode(heat[0, 0], size[0], offset[0], points[0], least, min_score)
    return [_turned_back(face, turn) for face in faces] if turn % 4 else faces


def resized(image: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """An RGB uint8 [H, W, 3] image as float32 [rows, columns, 3] in [0, 255]."""
    size = (columns, rows)
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0), np.float32)


def run_detector(batch: np.ndarray) -> list[np.ndarray]:
    """CenterFace's maps of a batch float32 [N, H, W, 3] in [0, 255], at a quarter of its size: heat [N, 1, h, w],
    size and offset [N, 2, h, w], landmarks [N, 10, h, w].
    """
    maps: list[np.ndarray] = _detector().run(None, {"input.1": np.ascontiguousarray(batch.transpose(0, 3, 1, 2))})
    return maps


def _turned_back(face: Face, turn: int) -> Face:
    """A face of an image after quarter turns counter-clockwise, where it is in the image before."""
    box, landmarks = face.box.reshape(2, 2), face.landmarks
    for _ in range(-turn % 4):
        box, landmarks = (np.stack([points[:, 1], 1 - points[:, 0]], 1) for points in (box, landmarks))
    return Face(np.concatenate([box.min(0), box.max(0)]), landmarks, face.score)


def _decode(
    heat: np.ndarray, size: np.ndarray, offset: np.ndarray, points: np.ndarray, least: np.ndarray, min_score: float
) -> list[Face]:
    """Faces from CenterFace's maps at a quarter of the input's size; `least` is the smallest (width, height) as
    shares.
    """
    rows, columns = np.nonzero(heat > min_score)
    scores = heat[rows, columns]
    extent = np.exp(size[::-1, rows, columns].T) * 4  # [N, 2] width, height in input pixels
    center = (np.stack([columns, rows], 1) + offset[::-1, rows, columns].T + 0.5) * 4
    corner = center - extent / 2
    marks = points[:, rows, columns].T.reshape(-1, 5, 2)[:, :, ::-1] * extent[:, None] + corner[:, None]
    whole = np.array([heat.shape[1], heat.shape[0]]) * 4.0
    boxes = np.concatenate([corner / whole, (corner + extent) / whole], 1).clip(0, 1).astype(np.float32)
    marks = (marks / whole).astype(np.float32)
    candidates = [
        Face(boxes[index], marks[index], float(scores[index]))
        for index in np.argsort(-scores)
        if ((boxes[index, 2:] - boxes[index, :2]) >= least).all()
    ]
    return distinct(candidates)


def distinct(candidates: Iterable[Face]) -> list[Face]:
    """Candidates that overlap none of those before them, the largest first."""
    faces: list[Face] = []
    for candidate in candidates:
        if all(overlap(candidate.box, face.box) <= MAX_OVERLAP for face in faces):
            faces.append(candidate)
    return sorted(faces, key=lambda face: -area(face.box))


def area(box: np.ndarray) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    return float(width * height / (area(a) + area(b) - width * height))


def crop(image: np.ndarray, face: Face, side: int = CROP) -> np.ndarray:
    """The face upright in TEMPLATE's framing, RGB uint8 [side, side, 3]. Beyond the frame's border the border is
    repeated.
    """
    height, width = image.shape[:2]
    matrix = similarity(TEMPLATE * side, face.landmarks * np.array([width, height], np.float32))
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]]) @ matrix[:, :2].T + matrix[:, 2]
    low = np.floor(corners.min(0)).astype(int) - 2
    high = np.ceil(corners.max(0)).astype(int) + 2
    inside = image[max(low[1], 0) : max(high[1], 1), max(low[0], 0) : max(high[0], 1)]
    margin = [(max(-low[1], 0), max(high[1] - height, 0)), (max(-low[0], 0), max(high[0] - width, 0)), (0, 0)]
    patch = np.pad(inside, margin, mode="edge")
    shrink = max(1, int(np.linalg.norm(matrix[:, 0])))  # average pixels before sampling, or a large face aliases
    source = Image.fromarray(patch).reduce(shrink) if shrink > 1 else Image.fromarray(patch)
    moved = matrix.copy()
    moved[:, 2] -= low
    moved /= shrink
    view = source.transform((side, side), Image.Transform.AFFINE, moved.flatten().tolist(), Image.Resampling.BICUBIC)
    return np.asarray(view)


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The least-squares rotation, scale and shift [2, 3] that takes points source [N, 2] to target [N, 2] (Umeyama
    1991, no reflection).
    """
    a, b = source - source.mean(0), target - target.mean(0)
    denominator = float((a**2).sum())
    cos = float((a * b).sum()) / denominator
    sin = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / denominator
    rotation = np.array([[cos, -sin], [sin, cos]])
    shift = target.mean(0) - rotation @ source.mean(0)
    return np.concatenate([rotation, shift[:, None]], 1)
