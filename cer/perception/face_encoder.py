"""The face network: expressions and quality of face crops. Computed once per sighting and shared by four modalities."""

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cer.labels import EMOTIONS
from cer.models.checkpoints import locate, shipped
from cer.models.runtime import cached_per_device, onnx_session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SIDE = 128  # pixels of the network's RGB input
BATCH = 8  # faces; larger batches are no faster and need more memory: 32 need 115 MB more
BOTH_SIDES_BELOW = 10  # faces, two seconds of one
UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 20, 22, 24, 25, 26, 27, 43)
"""FACS numbers of the network's action units, in its output's order."""
EMBEDDING_SIZE = 256
MAPS_SHAPE = (512, 8, 8)
_OUTPUTS = ("logits", "embeddings", "units", "quality")


@dataclass(frozen=True, slots=True)
class Expressions:
    """Network outputs for N faces.

    Attributes:
        logits: float32 [N, 8], emotions, calibrated and free of the class prior.
        embeddings: float32 [N, 256].
        units: float32 [N, 20], action-unit probabilities.
        quality: float32 [N] in [0, 1], how far to trust the face: low when blurred, small, dark or occluded.
    """

    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    units: NDArray[np.float32]
    quality: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.logits)

    def __getitem__(self, rows: Any) -> "Expressions":
        return Expressions(self.logits[rows], self.embeddings[rows], self.units[rows], self.quality[rows])


PEAK = 3.0  # log of how much more a face counts that is surely not neutral than one that surely is
MIN_QUALITY = 0.05  # a face counts for at least that much: quality is a guess as well


def frame_weights(expressions: Expressions) -> NDArray[np.float32]:
    """Weights float32 [N] that sum to one: how much each frame of a face counts in a mean, by its quality and by how
    expressive it is.
    """
    weights = np.maximum(expressions.quality, MIN_QUALITY) * expressiveness(expressions.logits)
    return np.asarray(weights / weights.sum(), np.float32)


def expressiveness(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much a face counts in a mean over time, float32 [...] from 1 to exp(PEAK), of emotion logits [..., 8].

    People show an expression for a part of the time, between calm faces, and it is the expression that is asked for.
    """
    raised = np.exp(logits - logits.max(-1, keepdims=True))
    neutral = raised[..., EMOTIONS.index("Neutral")] / raised.sum(-1)
    return np.asarray(np.exp(PEAK * (1 - neutral)), np.float32)


def segment_quality(expressions: Expressions) -> float:
    """Quality in (0, 1] of N >= 1 frames of a face together, the mean over frames."""
    return float(np.clip(expressions.quality.mean(), MIN_QUALITY, 1.0))


NOTHING = Expressions(
    np.zeros((0, 8), np.float32),
    np.zeros((0, EMBEDDING_SIZE), np.float32),
    np.zeros((0, len(UNITS)), np.float32),
    np.zeros(0, np.float32),
)


@cached_per_device()
def _network() -> "InferenceSession":
    return onnx_session(locate(shipped("face.onnx")))


def as_input(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert a crop, RGB or grey uint8 of any size, to the network's input, RGB uint8 [SIDE, SIDE, 3]."""
    image = Image.fromarray(crop).convert("RGB")
    if image.size != (SIDE, SIDE):
        image = image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.asarray(image)


def decode(encoded: bytes) -> NDArray[np.uint8]:
    """Decode an image of a face to the network's input, RGB uint8 [SIDE, SIDE, 3]. Raises OSError for other bytes."""
    return as_input(decode_image(encoded))


def decode_image(encoded: bytes) -> NDArray[np.uint8]:
    """Decode an image to RGB uint8 [H, W, 3]. Raises OSError for bytes that are no image."""
    with Image.open(io.BytesIO(encoded)) as image:
        return np.asarray(image.convert("RGB"))


def _scaled(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.asarray(crops.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1)


def encode(crops: NDArray[np.uint8]) -> Expressions:
    """Encode RGB crops.

    Args:
        crops: uint8 [N, SIDE, SIDE, 3], as `as_input` returns them.

    Returns:
        Expressions of N faces, each the mean over the crop and its mirror image.
    """
    sides = [_outputs(crops), _outputs(crops[:, :, ::-1])]
    return _expressions([np.mean(both, 0, dtype=np.float32) for both in zip(*sides, strict=True)])


def encode_over_time(crops: NDArray[np.uint8], frames: NDArray[np.int_]) -> Expressions:
    """The same at half the cost, for faces in many frames, whose numbers `frames` [N] tells: of each crop only the
    mirror image in odd frames, else only the crop. The mean over time is then the mean over both sides.
    """
    if len(crops) < BOTH_SIDES_BELOW:
        return encode(crops)
    odd = (frames % 2 == 1)[:, None, None, None]
    return _expressions(_outputs(np.where(odd, crops[:, :, ::-1], crops)))


def _outputs(crops: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
    """The network's outputs, each [N, ...]."""
    if not len(crops):
        return [NOTHING.logits, NOTHING.embeddings, NOTHING.units, NOTHING.quality]
    parts = [
        _network().run(_OUTPUTS, {"faces": _scaled(crops[start : start + BATCH])})
        for start in range(0, len(crops), BATCH)
    ]
    return [np.concatenate(column) for column in zip(*parts, strict=True)]


def _expressions(outputs: list[NDArray[np.float32]]) -> Expressions:
    logits, embeddings, units, quality = outputs
    return Expressions(logits, embeddings, np.asarray(1 / (1 + np.exp(-units)), np.float32), quality)


def encode_maps(crops: NDArray[np.uint8]) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    """What heads other than the network's own read of RGB crops uint8 [N, SIDE, SIDE, 3], as they are, not mirrored:
    feature maps float16 [N, 512, 8, 8] with mouth, brows and eyes apart, and embeddings float32 [N, 256].
    """
    maps = np.empty((len(crops), *MAPS_SHAPE), np.float16)
    embeddings = np.empty((len(crops), EMBEDDING_SIZE), np.float32)
    for start in range(0, len(crops), BATCH):
        rows = slice(start, start + BATCH)
        maps[rows], embeddings[rows] = _network().run(("maps", "embeddings"), {"faces": _scaled(crops[rows])})
    return maps, embeddings
