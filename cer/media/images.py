"""Images: decoded frames of a video track as they are displayed: upright, in square pixels, scaled down."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from cer.media import tone
from cer.media.planes import LAYOUT, MATRICES, UNSPECIFIED, Planes

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


class Scaler:
    """Scales frames of a track down, never up but for their pixels' shape; high dynamic range is brought to that of a
    usual screen.

    Args:
        aspect: Width to height of a pixel.
        longest: Pixels of an image's longest side.
    """

    def __init__(self, aspect: float, longest: int) -> None:
        self._aspect, self._longest = aspect, longest
        self._reformatter = VideoReformatter()  # one for all frames: to set it up takes a third of the time

    def image(self, frame: av.VideoFrame) -> np.ndarray:
        """RGB uint8 [H, W, 3], upright."""
        return np.ascontiguousarray(np.rot90(self._rgb(frame), _turns(frame)))

    def planes(self, frame: av.VideoFrame) -> Planes:
        """The same as planes."""
        if int(frame.color_trc) in tone.CURVES:
            shown = av.VideoFrame.from_ndarray(self._rgb(frame), "rgb24")
            return replace(Scaler(1.0, self._longest).planes(shown), turns=_turns(frame))
        has_matrix = not (frame.format.is_rgb or frame.format.has_palette)
        matrix = int(frame.colorspace if has_matrix else Colorspace.ITU601)
        matrix = matrix if matrix in MATRICES else UNSPECIFIED
        values = self._scaled(frame, LAYOUT, dst_colorspace=matrix, dst_color_range=ColorRange.MPEG, multiple=2)
        return Planes(values, matrix, _turns(frame))

    def smaller(self, planes: Planes) -> np.ndarray:
        """RGB uint8 [H, W, 3], upright, of planes that another scaler made, in square pixels by now."""
        return np.ascontiguousarray(np.rot90(self._scaled(planes.frame(), "rgb24"), planes.turns))

    def _rgb(self, frame: av.VideoFrame) -> np.ndarray:
        curve = tone.CURVES.get(int(frame.color_trc))
        if curve is None:
            return self._scaled(frame, "rgb24")
        return tone.to_standard_range(self._scaled(frame, "rgb48le"), curve)

    def _scaled(self, frame: av.VideoFrame, layout: str, multiple: int = 1, **colors: Any) -> np.ndarray:
        """The frame's values in that layout, each side a multiple of so many pixels."""
        width, height = displayed_size(frame, self._aspect)
        scale = min(1.0, self._longest / max(width, height))
        sides = [max(2, round(side * scale / multiple) * multiple) for side in (width, height)]
        width, height = reversed(sides) if frame.rotation % 180 else sides
        return self._reformatter.reformat(
            frame, width, height, layout, interpolation="AREA", threads=1, **colors
        ).to_ndarray()


def _turns(frame: av.VideoFrame) -> int:
    """Quarter turns counter-clockwise that make it upright."""
    return frame.rotation // 90 % 4


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
