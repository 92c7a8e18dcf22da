"""Media: the only place that reads through FFmpeg (PyAV). A clip is probed, then streamed once: all on one clock.

PyAV and not MoviePy reads clips: it gives presentation timestamps, while MoviePy counts frames at a constant rate.
"""

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from .errors import ClipError

SAMPLE_RATE = 16_000  # Hz, mono
LONGEST_SIDE = 640  # pixels; frames are scaled down to it while they are decoded
MOST_PIXELS = 8192 * 8192  # of one frame; more is taken for a decompression bomb
LONGEST = 6 * 3600.0  # seconds

ACCEPTED = "Give a video file such as MP4, MOV, MKV, WebM or AVI"
_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,flv,asf,mxf,dv,"
    "ogg,wav,mp3,flac,aac,gif,mpegvideo,h264,hevc,m4v"
)
# Containers are allow-listed and only local files are opened: a playlist or concat script could name any file or host.
_OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file,pipe"}


@dataclass(frozen=True, slots=True)
class Clip:
    """What the container says about a clip. Width and height are of the upright picture; 0 and fps 0 without a video
    track.
    """

    path: Path
    name: str
    duration: float  # seconds
    fps: float  # average, for information only: times never come from it
    width: int  # pixels
    height: int  # pixels
    has_video: bool
    has_audio: bool
    rotation: int  # degrees counter-clockwise that the player turns the picture


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture and when it is shown. image: RGB uint8 [H, W, 3], upright, longest side at most LONGEST_SIDE."""

    time: float  # seconds
    image: np.ndarray


@dataclass(frozen=True, slots=True)
class Sound:
    """Consecutive samples: float32 [N] mono 16 kHz in [-1, 1]; the first sounds at `time` seconds."""

    time: float
    samples: np.ndarray


def _open(path: Path) -> Any:
    if not path.is_file():
        raise ClipError(f"{path.name}: no such file. {ACCEPTED}.")
    if path.stat().st_size == 0:
        raise ClipError(f"{path.name}: the file is empty. {ACCEPTED}.")
    try:
        return av.open(str(path), options=_OPTIONS, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise ClipError(
            f"{path.name}: not a video or audio file that can be read ({_cause(error)}). {ACCEPTED}."
        ) from error


def _cause(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()


def _video_stream(container: Any) -> Any | None:
    """The first video track with a picture size; cover art is not a video."""
    for stream in container.streams.video:
        if (
            stream.codec_context is not None
            and stream.codec_context.width
            and not stream.disposition & av.stream.Disposition.attached_pic
        ):
            return stream
    return None


def _audio_stream(container: Any) -> Any | None:
    return next(
        (s for s in container.streams.audio if s.codec_context is not None and s.codec_context.sample_rate), None
    )


def _origin(container: Any) -> float:
    """Seconds on the container's clock at which a player shows 0:00."""
    return (container.start_time or 0) / 1_000_000


def _seconds(timestamp: int | None, base: Fraction | None) -> float | None:
    return None if timestamp is None or base is None else float(timestamp * base)


def probe(path: str | Path) -> Clip:
    """Read a clip's header, and its first picture for the orientation.

    Raises ClipError when the file is missing, empty, of no accepted container, without a track that can be decoded, or
    out of bounds.
    """
    path = Path(path)
    with _open(path) as container:
        video, audio = _video_stream(container), _audio_stream(container)
        if video is None and audio is None:
            raise ClipError(
                f"{path.name}: no video or audio stream that can be read (found: {container.format.name}). {ACCEPTED}."
            )
        duration = _duration(container, video, audio)
        if duration > LONGEST:
            raise ClipError(
                f"{path.name}: {duration / 3600:.1f} h long, the limit is {LONGEST / 3600:.0f} h. "
                "Cut it into shorter clips."
            )
        first = _first_frame(path, container, video) if video is not None else None
        width, height = _upright_size(first) if first is not None else (0, 0)
        return Clip(
            path=path,
            name=path.name,
            duration=duration,
            fps=float(video.average_rate or 0) if video is not None else 0.0,
            width=width,
            height=height,
            has_video=video is not None,
            has_audio=audio is not None,
            rotation=int(first.rotation) if first is not None else 0,
        )


def _duration(container: Any, *streams: Any) -> float:
    """Seconds, from the container, else the longest stream, else 0 (then only the stream itself tells)."""
    if container.duration:
        return float(container.duration) / 1_000_000
    return max((_seconds(s.duration, s.time_base) or 0.0 for s in streams if s is not None), default=0.0)


def _first_frame(path: Path, container: Any, video: Any) -> Any:
    width, height = video.codec_context.width, video.codec_context.height
    if width * height > MOST_PIXELS:
        raise ClipError(f"{path.name}: pictures of {width} x {height} pixels are too large. Scale the video down.")
    try:
        for frame in container.decode(video):
            return frame
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise ClipError(
            f"{path.name}: the video cannot be decoded ({_cause(error)}); the file may be damaged. {ACCEPTED}."
        ) from error
    raise ClipError(f"{path.name}: the video track holds no picture; the file may be cut off. {ACCEPTED}.")


def _upright_size(frame: Any) -> tuple[int, int]:
    """Width and height in square pixels after the rotation that the container asks for."""
    ratio = float(getattr(frame, "sample_aspect_ratio", None) or 1)
    width, height = round(frame.width * ratio), frame.height
    return (height, width) if frame.rotation % 180 else (width, height)


def _picture(frame: Any, longest: int) -> np.ndarray:
    """RGB uint8 [H, W, 3], upright, scaled down (never up) to the longest side."""
    width, height = _upright_size(frame)
    scale = min(1.0, longest / max(width, height))
    width, height = max(2, round(width * scale)), max(2, round(height * scale))
    if frame.rotation % 180:
        width, height = height, width
    image = frame.reformat(width=width, height=height, format="rgb24", interpolation="AREA").to_ndarray()
    return np.ascontiguousarray(np.rot90(image, frame.rotation // 90))


class _Sounds:
    """Decoded audio frames to mono 16 kHz float32 with the time of each piece."""

    def __init__(self, origin: float) -> None:
        self._resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        self._origin = origin
        self._next: float | None = None

    def convert(self, frame: Any | None) -> Iterator[Sound]:
        if (
            frame is not None
            and frame.time is not None
            and (self._next is None or abs(frame.time - self._origin - self._next) > 0.1)
        ):
            self._next = (
                frame.time - self._origin
            )  # the first frame, or a gap in the track: follow the container's clock
        for piece in self._resampler.resample(frame):
            samples = np.nan_to_num(piece.to_ndarray().reshape(-1), posinf=1.0, neginf=-1.0).clip(-1, 1)
            start = self._next or 0.0
            self._next = start + len(samples) / SAMPLE_RATE
            if len(samples):
                yield Sound(start, samples)


def stream(clip: Clip, rate: float, longest: int = LONGEST_SIDE) -> Iterator[Frame | Sound]:
    """Decode a clip once, in the container's order: about `rate` pictures a second, and all of the sound.

    The picture shown at each multiple of 1 / rate is given with its own presentation time. Damaged stretches are
    skipped. Raises ClipError when nothing at all can be decoded.
    """
    given = 0
    for item in _decode(clip, rate, longest):
        given += 1
        yield item
    if not given:
        raise ClipError(f"{clip.name}: neither picture nor sound can be decoded; the file may be damaged. {ACCEPTED}.")


def _decode(clip: Clip, rate: float, longest: int) -> Iterator[Frame | Sound]:
    with _open(clip.path) as container:
        origin = _origin(container)
        video, audio = _video_stream(container), _audio_stream(container)
        wanted = [s for s in (video, audio) if s is not None]
        for one in wanted:
            one.thread_type = "AUTO"
        sounds, due = _Sounds(origin), 0
        packets = container.demux(wanted)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    break
                frames = packet.decode()
            except (av.error.EOFError, av.error.BlockingIOError):
                break
            except (av.error.FFmpegError, ValueError):
                continue  # a damaged packet costs its own pictures only
            for frame in frames:
                if packet.stream is audio:
                    yield from sounds.convert(frame)
                elif frame.time is not None and math.floor((frame.time - origin) * rate + 1e-6) >= due:
                    due = math.floor((frame.time - origin) * rate + 1e-6) + 1
                    yield Frame(frame.time - origin, _picture(frame, longest))
        yield from sounds.convert(None)


def frame_times(clip: str | Path) -> np.ndarray:
    """Presentation time of every picture of a clip in the order they are shown, float64 seconds [T], from the packets
    alone: nothing is decoded.

    Raises ClipError when the clip cannot be read.
    """
    with _open(Path(clip)) as container:
        video, origin = _video_stream(container), _origin(container)
        if video is None:
            return np.zeros(0)
        times = [_seconds(packet.pts, packet.time_base) for packet in container.demux(video)]
    return np.sort(np.array([time for time in times if time is not None], np.float64)) - origin


def decode_sound(encoded: bytes) -> np.ndarray:
    """A whole encoded sound (WAV, FLAC, ...) held in memory as float32 [N] mono 16 kHz in [-1, 1].

    Raises ClipError when it holds no sound that can be decoded.
    """
    try:
        with av.open(io.BytesIO(encoded), "r", options=_OPTIONS) as container:
            audio = _audio_stream(container)
            if audio is None:
                raise ClipError("these bytes hold no audio track")
            sounds = _Sounds(_origin(container))
            pieces = [one.samples for frame in container.decode(audio) for one in sounds.convert(frame)]
            pieces += [one.samples for one in sounds.convert(None)]
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise ClipError(f"these bytes are no sound that can be read ({_cause(error)})") from error
    if not pieces:
        raise ClipError("these bytes hold no sound")
    return np.concatenate(pieces)
