"""Faces: find them in a frame, and cut them out upright and in one framing.

The detector is CenterFace (arXiv 1911.03599), run with onnxruntime.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from PIL import Image

from cer.models.checkpoints import CENTERFACE, locate
from cer.models.runtime import cached_per_device, onnx_session

DETECTION_SIDE = 416  # pixels; the frame's longest side while searching; 9 ms a frame on 2 cores, 25 ms at 640
# Landmarks are as steady at 224 (5 ms) as in the whole frame; at 160 (3 ms) they scatter a fifth more.
FOLLOW_SIDE = 224  # pixels; the longest side of a known face's surroundings while searching there
FOLLOW_MARGIN = 3.0  # sides of the face that its surroundings measure
FOLLOW_OVERLAP = 0.2  # intersection over union with the box before; less may be somebody else
MAX_FOLLOWED = 2  # faces; searching near more of them costs as much as the whole frame
FULL_SEARCH_EVERY = 5  # frames; one in so many is searched all over, for faces that are new
MIN_SCORE = 0.5
MIN_FACE_SIZE = 20 / 640  # of the frame's longest side; a smaller face shows no expression
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
    """CenterFace with a free input size.

    The published graph fixes batch and size, and lists its weights as inputs, which keeps onnxruntime from folding the
    batch norms into the convolutions: mending that makes it 2.3 times as fast.
    """
    import onnx

    model = onnx.load(str(locate(CENTERFACE)))
    del model.graph.input[1:]
    for tensor in (*model.graph.input, *model.graph.output):
        for axis in (0, 2, 3):
            tensor.type.tensor_type.shape.dim[axis].dim_param = f"{tensor.name}_{axis}"
    return onnx_session(model.SerializeToString())


def detect(image: np.ndarray) -> list[Face]:
    """Faces in an RGB uint8 [H, W, 3] picture, the largest first."""
    return _search(image, min(1.0, DETECTION_SIDE / max(image.shape[:2])), MIN_FACE_SIZE * max(image.shape[:2]))


def _search(image: np.ndarray, scale: float, least: float) -> list[Face]:
    """Faces in a picture that is searched at `scale` times its size; `least` is the smallest side in pixels of it."""
    height, width = image.shape[:2]
    # CenterFace halves its input five times: the sides are stretched to multiples of 32, and shares of the side undo
    # that.
    rows, columns = (max(32, round(side * scale / 32) * 32) for side in (height, width))
    resized = np.asarray(
        Image.fromarray(image).resize((columns, rows), Image.Resampling.BILINEAR, reducing_gap=2.0), np.float32
    )
    heat, size, offset, points = _detector().run(None, {"input.1": resized.transpose(2, 0, 1)[None]})
    return _decode(heat[0, 0], size[0], offset[0], points[0], least=least / np.array([width, height]))


class Finder:
    """Faces in consecutive frames of a clip.

    Between full searches known faces are looked for near where they were last: half of the time. A frame in which
    one of them is not found there is searched all over, so a cut or a quick turn costs time and not a face.
    """

    def __init__(self) -> None:
        self._known: list[Face] = []
        self._since = 0  # frames since one was searched all over

    def find(self, image: np.ndarray) -> list[Face]:
        """Faces in the RGB uint8 [H, W, 3] picture that follows the one before, the largest first."""
        self._since += 1
        faces = self._follow(image) if self._since < FULL_SEARCH_EVERY else []
        if not faces:
            faces, self._since = detect(image), 0
        self._known = faces
        return faces

    def _follow(self, image: np.ndarray) -> list[Face]:
        """The known faces in this picture; none at all unless each is found."""
        if len(self._known) > MAX_FOLLOWED:
            return []
        near = [_near(image, face) for face in self._known]
        faces = [face for face in near if face is not None]
        apart = all(overlap(a.box, b.box) <= MAX_OVERLAP for a, b in combinations(faces, 2))
        return sorted(faces, key=lambda face: -area(face.box)) if len(faces) == len(near) and apart else []


def _near(image: np.ndarray, previous: Face) -> Face | None:
    """The face in the surroundings of where `known` was, or None."""
    whole = np.array([image.shape[1], image.shape[0]])
    low, high = previous.box[:2] * whole, previous.box[2:] * whole
    reach = FOLLOW_MARGIN * (high - low).max() / 2
    left, top = np.maximum((low + high) / 2 - reach, 0).astype(int)
    right, bottom = np.minimum((low + high) / 2 + reach, whole).astype(int)
    part = image[top:bottom, left:right]
    corner, extent = np.array([left, top]), np.array([right - left, bottom - top])
    scale = FOLLOW_SIDE / max(part.shape[:2])
    candidates = [
        Face(
            ((face.box.reshape(2, 2) * extent + corner) / whole).ravel().astype(np.float32),
            ((face.landmarks * extent + corner) / whole).astype(np.float32),
            face.score,
        )
        for face in _search(part, scale, MIN_FACE_SIZE * max(image.shape[:2]))
    ]
    best = max(candidates, key=lambda face: overlap(face.box, previous.box), default=None)
    return best if best is not None and overlap(best.box, previous.box) >= FOLLOW_OVERLAP else None


def _decode(
    heat: np.ndarray, size: np.ndarray, offset: np.ndarray, points: np.ndarray, least: np.ndarray
) -> list[Face]:
    """Faces from CenterFace's maps at a quarter of the input's size; `least` is the smallest (width, height) as
    shares.
    """
    rows, columns = np.nonzero(heat > MIN_SCORE)
    scores = heat[rows, columns]
    extent = np.exp(size[::-1, rows, columns].T) * 4  # [N, 2] width, height in input pixels
    center = (np.stack([columns, rows], 1) + offset[::-1, rows, columns].T + 0.5) * 4
    corner = center - extent / 2
    marks = points[:, rows, columns].T.reshape(-1, 5, 2)[:, :, ::-1] * extent[:, None] + corner[:, None]
    whole = np.array([heat.shape[1], heat.shape[0]]) * 4.0
    boxes = np.concatenate([corner / whole, (corner + extent) / whole], 1).clip(0, 1).astype(np.float32)
    marks = (marks / whole).astype(np.float32)
    faces: list[Face] = []
    for index in np.argsort(-scores):
        box = boxes[index]
        if ((box[2:] - box[:2]) < least).any() or any(overlap(box, face.box) > MAX_OVERLAP for face in faces):
            continue
        faces.append(Face(box, marks[index], float(scores[index])))
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
