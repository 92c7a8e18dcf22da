"""Who is a picture: a photo on a wall, a poster or a thumbnail shows a face in which nothing ever changes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cer.perception.face_detection import Face

STRIDE = 2  # pixels of the frame between those that are compared
MIN_CONTRAST = 0.02  # of grey in [0, 1]: in a face without any, noise is no change
STILL = 0.008  # median change of a picture: 0.001 for a photo in a compressed video; of 30 living people 0.024 or more


def grey_of(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Every STRIDE-th pixel of an RGB frame uint8 [H, W, 3] in grey, float32 in [0, 1]."""
    red, green, blue = np.moveaxis(image[::STRIDE, ::STRIDE], 2, 0)
    return (red.astype(np.uint16) + green + blue) / np.float32(3 * 255)  # four times as fast as mean(2)


def changes(
    grey: NDArray[np.float32], previous: NDArray[np.float32] | None, faces: Sequence[Face]
) -> NDArray[np.float32]:
    """How much each face's place in the frame has changed since the frame before, in parts of its contrast: float32
    [N]; NaN where there is no frame before of that size.
    """
    if previous is None or previous.shape != grey.shape:
        return np.full(len(faces), np.nan, np.float32)
    values = []
    for face in faces:
        extent = np.tile(np.array(grey.shape[::-1]), 2)
        left, top, right, bottom = np.clip(face.box * extent, 0, extent - 1).astype(int)
        place = slice(top, bottom + 1), slice(left, right + 1)
        values.append(np.abs(grey[place] - previous[place]).mean() / (grey[place].std() + MIN_CONTRAST))
    return np.array(values, np.float32)


def is_still(change: Sequence[float]) -> bool:
    """Whether a face that has changed that much from frame to frame is a picture. A camera that moves makes every face
    change, pictures too.
    """
    values = [value for value in change if not np.isnan(value)]
    return bool(values) and float(np.median(values)) < STILL
