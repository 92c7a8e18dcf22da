"""Tracks: the decoded frames of a container in its order, each with its time, and what was lost on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av

from cer.media.container import cause

CLOCK_JUMP = 1.0  # seconds; a frame that is earlier by more than that begins a new clock, as in joined recordings

USUAL_FRAME_RATE = 25  # frames a second of a video without timestamps that names no rate


@dataclass
class _Track:
    """A track's clock and losses. Times are seconds on the container's clock."""

    kind: str  # "video" or "sound"
    step: Fraction  # seconds from a frame without a timestamp to the next
    latest: float | None = None
    offset: float = 0.0
    decoded: int = 0  # frames
    damaged: int = 0  # packets and frames
    first_damage: float | None = None
    joined_at: float | None = None

    def place(self, frame: Any) -> None:
        """Give a frame the time that it has on a clock that goes on."""
        if frame.pts is None or frame.time_base is None:
            next_time = 0.0 if self.latest is None else self.latest + float(self.step)
            frame.time_base = self.step
            frame.pts = round(next_time / self.step)
        else:
            if self.latest is not None and frame.time + self.offset < self.latest - CLOCK_JUMP:
                self.offset = self.latest + float(self.step) - frame.time
                self.joined_at = self.latest if self.joined_at is None else self.joined_at
            if self.offset:
                frame.pts += round(self.offset / frame.time_base)
        self.latest = max(frame.time, self.latest if self.latest is not None else frame.time)
        self.decoded += 1

    def damage(self, time: float | None) -> None:
        self.damaged += 1
        self.first_damage = time if self.damaged == 1 else self.first_damage


class Decoding:
    """Frames of some tracks of an open container; once they are exhausted, `losses` says what is missing."""

    def __init__(self, container: Any, streams: Sequence[Any], origin: float) -> None:
        self._container, self._streams, self._origin = container, streams, origin
        self._tracks = {stream.index: _track_of(stream) for stream in streams}
        self._broken: str | None = None

    def frames(self) -> Iterator[Any]:
        """av.VideoFrame and av.AudioFrame in the container's order. A damaged packet costs its own frames only."""
        packets = self._container.demux(self._streams)
        while (packet := self._next(packets)) is not None:
            track = self._tracks[packet.stream.index]
            for frame in _decode(packet, track):
                track.place(frame)
                yield frame

    def losses(self) -> list[str]:
        """What of the clip could not be decoded, in words for whoever looks at the result."""
        texts = [self._broken] if self._broken else []
        for track in self._tracks.values():
            if not track.decoded:
                texts.append(f"the {track.kind} track cannot be decoded")
            elif track.damaged:
                at = "" if track.first_damage is None else f", first at {self._shown(track.first_damage)}"
                texts.append(f"damaged packets of the {track.kind} are lost: {track.damaged}{at}")
            if track.joined_at is not None:
                at = self._shown(track.joined_at)
                texts.append(f"the clock of the {track.kind} starts anew at {at}; what follows is taken to go on there")
        return texts

    def _next(self, packets: Iterator[Any]) -> Any | None:
        try:
            return next(packets, None)
        except (av.error.FFmpegError, ValueError) as error:
            latest = max((t.latest for t in self._tracks.values() if t.latest is not None), default=self._origin)
            self._broken = f"the file breaks off at {self._shown(latest)} ({cause(error)})"
            return None

    def _shown(self, time: float) -> str:
        return f"{max(time - self._origin, 0.0):.1f} s"


def _track_of(stream: Any) -> _Track:
    if stream.type != "video":
        return _Track("sound", Fraction(1024, stream.codec_context.sample_rate))
    rate = stream.average_rate or stream.guessed_rate or USUAL_FRAME_RATE
    return _Track("video", 1 / Fraction(rate))


def _decode(packet: Any, track: _Track) -> list[Any]:
    try:
        frames = packet.decode()
    except (av.error.EOFError, av.error.BlockingIOError):
        return []  # it was flushed before
    except (av.error.FFmpegError, ValueError):
        track.damage(_time_of(packet))
        return []
    for frame in frames:
        if frame.is_corrupt:
            track.damage(frame.time)
    return list(frames)


def _time_of(packet: Any) -> float | None:
    time = packet.pts if packet.pts is not None else packet.dts
    return None if time is None or packet.time_base is None else float(time * packet.time_base)
