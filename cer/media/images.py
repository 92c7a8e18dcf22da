"""Images: decoded frames of a video track as they are displayed: upright, in square pixels, scaled down."""

from collections.abc import Iterator

import av
import numpy as np

from cer.media import tone

WIDEST_PIXEL = 10.0  # width to height of a pixel, or the other way round; more is taken for a damaged header

_DEINTERLACE = "mode=send_frame:deint=interlaced"  # of bwdif: a frame for a frame; progressive ones are left alone


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
    """RGB uint8 [H, W, 3], upright, scaled down (never up, but for its pixels' shape) to the longest side; high
    dynamic range is brought to that of a usual screen.
    """
    width, height = displayed_size(frame, aspect)
    scale = min(1.0, longest / max(width, height))
    width, height = max(2, round(width * scale)), max(2, round(height * scale))
    if frame.rotation % 180:
        width, height = height, width
    curve = tone.CURVES.get(int(frame.color_trc))
    layout = "rgb24" if curve is None else "rgb48le"
    image = frame.reformat(width=width, height=height, format=layout, interpolation="AREA").to_ndarray()
    if curve is not None:
        image = tone.to_standard_range(image, curve)
    return np.ascontiguousarray(np.rot90(image, frame.rotation // 90))


class Deinterlacer:
    """Frames of a track with their lines woven from two moments made whole, from the first that says so on.

    A comb of lines along every moving edge is no face. The frames keep their times and come one later.
    """

    def __init__(self) -> None:
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[int, int, str] | None = None

    def convert(self, frame: av.VideoFrame | None) -> Iterator[av.VideoFrame]:
        """The frames that are complete now; None for the end of the track."""
        shape = None if frame is None else (frame.width, frame.height, frame.format.name)
        if self._graph is not None and shape != self._shape:
            self._graph.vpush(None)
            yield from self._completed()
            self._graph = None
        if frame is None:
            return
        if self._graph is None and not frame.interlaced_frame:
            yield frame
            return
        if self._graph is None:
            self._graph, self._shape = _graph_for(frame), shape
        self._graph.vpush(frame)
        yield from self._completed()

    def _completed(self) -> Iterator[av.VideoFrame]:
        while self._graph is not None:
            try:
                yield self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return


def _graph_for(frame: av.VideoFrame) -> av.filter.Graph:
    graph = av.filter.Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base)
    graph.link_nodes(source, graph.add("bwdif", _DEINTERLACE), graph.add("buffersink")).configure()
    return graph
