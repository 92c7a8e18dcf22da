"""Images: decoded frames of a video track as they are displayed: upright, in square pixels, scaled down."""

import av
import numpy as np

WIDEST_PIXEL = 10.0  # width to height of a pixel, or the other way round; more is taken for a damaged header


def pixel_aspect(track: av.VideoStream) -> float:
    """Width to height of a pixel; the container's word comes before the codec's. PyAV has it on the track, not on its
    frames.
    """
    return min(max(float(track.sample_aspect_ratio or 1), 1 / WIDEST_PIXEL), WIDEST_PIXEL)


def displayed_size(frame: av.VideoFrame, aspect: float) -> tuple[int, int]:
    """Width and height in square pixels after the rotation that the container asks for."""
    width, height = max(round(frame.width * aspect), 1), frame.height
    return (height, width) if frame.rotation % 180 else (width, height)


def to_image(frame: av.VideoFrame, aspect: float, longest: int) -> np.ndarray:
    """RGB uint8 [H, W, 3], upright, scaled down (never up, but for its pixels' shape) to the longest side."""
    width, height = displayed_size(frame, aspect)
    scale = min(1.0, longest / max(width, height))
    width, height = max(2, round(width * scale)), max(2, round(height * scale))
    if frame.rotation % 180:
        width, height = height, width
    image = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA").to_ndarray()
    return np.ascontiguousarray(np.rot90(image, frame.rotation // 90))
