"""Planes: an image as codecs keep it, brightness and colors apart. So it costs no arithmetic where the codec has 4:2:0,
crosses the decoder's pipe in half the bytes of RGB, and becomes RGB only when somebody looks.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

LAYOUT = "yuv420p"
UNSPECIFIED = 2
MATRICES = (1, UNSPECIFIED, 4, 5, 6, 7, 9)
"""How brightness and colors make RGB, by their numbers in ITU-T H.273: those that swscale knows."""


@dataclass(frozen=True)
class Planes:
    """An image in YUV 4:2:0 of limited range.

    values: uint8 [3 H / 2, W], H and W even: the brightness, then the two planes of color. matrix: one of MATRICES.
    turns: quarter turns counter-clockwise that make it upright.
    """

    values: NDArray[np.uint8]
    matrix: int
    turns: int = 0

    @cached_property
    def image(self) -> NDArray[np.uint8]:
        """RGB uint8 [H, W, 3], upright."""
        rgb = self.frame().reformat(format="rgb24", threads=1).to_ndarray()
        return np.ascontiguousarray(np.rot90(rgb, self.turns))

    def frame(self) -> Any:
        """The av.VideoFrame with these values; it is not turned."""
        import av  # here, since most clips never need it outside their decoder

        frame = av.VideoFrame.from_ndarray(self.values, LAYOUT)
        frame.colorspace, frame.color_range = self.matrix, 1
        return frame
