"""The decoder: a process of its own that reads one clip through FFmpeg (PyAV) and sends what is in it.

C libraries decode what strangers sent, so they do it here: with a limit on memory and processor time, no way to write a
file, no environment to speak of and nothing to lose. `media` starts it, reads from its standard output and ends it.

    python -m cer.media.decoder probe|times PATH
    python -m cer.media.decoder stream PATH RATE MAX_SIDE SAMPLE_RATE SECONDS

A message is a line of JSON, followed by as many bytes as its "bytes" says.
"""

import json
import math
import os
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from cer.media.clip import ACCEPTED
from cer.media.container import OPTIONS, audio_stream, cause, origin_of
from cer.media.sound import Sounds

MAX_PIXELS = 8192 * 8192  # of one frame; more is taken for a decompression bomb

MAX_DURATION = 6 * 3600.0  # seconds

MEMORY = 1400 * 2**20  # bytes of address space; a 4K clip takes 700 MB of it

PROBING = 20  # seconds of processor time for a header and a first picture

LARGE_PICTURE = (
    1920 * 1088
)  # pixels; of larger pictures, those that no other refers to are skipped: 4K in 9.2 s, not 14.5 s

DENSE = 4  # pictures for each one wanted, at least, for that

DECODING = 4.0  # seconds of processor time for each second of a clip, and PROBING besides; 4K takes 0.5


class Refused(Exception):
    """A clip that is not read, and why: what follows its name in the message."""


def _open(path: Path) -> Any:
    try:
        return av.open(str(path), options=OPTIONS, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise Refused(f"not a video or audio file that can be read ({cause(error)}). {ACCEPTED}.") from error


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


def _seconds(timestamp: int | None, base: Fraction | None) -> float | None:
    return None if timestamp is None or base is None else float(timestamp * base)


def probe(path: Path) -> dict[str, Any]:
    """The fields of a `media.Clip` but its path and name, from the header and the first picture."""
    with _open(path) as container:
        video, audio = _video_stream(container), audio_stream(container)
        if video is None and audio is None:
            raise Refused(f"no video or audio stream that can be read (found: {container.format.name}). {ACCEPTED}.")
        duration = _duration(container, video, audio)
        if duration > MAX_DURATION:
            raise Refused(
                f"{duration / 3600:.1f} h long, the limit is {MAX_DURATION / 3600:.0f} h. Cut it into shorter clips."
            )
        first = _first_frame(container, video) if video is not None else None
        width, height = _upright_size(first) if first is not None else (0, 0)
        rate = float(video.average_rate or 0) if video is not None else 0.0
        return {
            "duration": duration,
            "fps": rate if math.isfinite(rate) else 0.0,
            "width": width,
            "height": height,
            "has_video": video is not None,
            "has_audio": audio is not None,
            "rotation": int(first.rotation) if first is not None else 0,
        }


def _duration(container: Any, *streams: Any) -> float:
    """Seconds, from the container, else the longest stream, else 0 (then only the stream itself tells)."""
    if container.duration and container.duration > 0:
        return float(container.duration) / 1_000_000
    return max((_seconds(s.duration, s.time_base) or 0.0 for s in streams if s is not None), default=0.0)


def _first_frame(container: Any, video: Any) -> Any:
    width, height = video.codec_context.width, video.codec_context.height
    if width * height > MAX_PIXELS:
        raise Refused(f"pictures of {width} x {height} pixels are too large. Scale the video down.")
    try:
        for frame in container.decode(video):
            return frame
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise Refused(f"the video cannot be decoded ({cause(error)}); the file may be damaged. {ACCEPTED}.") from error
    raise Refused(f"the video track holds no picture; the file may be cut off. {ACCEPTED}.")


def _upright_size(frame: Any) -> tuple[int, int]:
    """Width and height in square pixels after the rotation that the container asks for."""
    ratio = min(max(float(getattr(frame, "sample_aspect_ratio", None) or 1), 0.1), 10.0)
    width, height = max(round(frame.width * ratio), 1), frame.height
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


def stream(path: Path, rate: float, longest: int, sample_rate: int) -> Iterator[tuple[float, np.ndarray]]:
    """Decode a clip once, in the container's order: pictures [H, W, 3] and samples [N], each with its time. The
    picture shown at each multiple of 1 / rate is given with its own presentation time; damaged stretches are skipped,
    and so are pictures of large videos that no other refers to, as long as enough are left.
    """
    with _open(path) as container:
        origin = origin_of(container)
        video, audio = _video_stream(container), audio_stream(container)
        streams = [s for s in (video if rate else None, audio) if s is not None]
        for stream in streams:
            stream.thread_type = "AUTO"
        if (
            video is not None
            and video.width * video.height > LARGE_PICTURE
            and (video.average_rate or 0) >= DENSE * rate
        ):
            video.codec_context.skip_frame = "NONREF"
        sounds, due, last = Sounds(origin, sample_rate), 0, 0.0
        packets = container.demux(streams)
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
                elif frame.time is not None:
                    time, step = frame.time - origin, math.floor((frame.time - origin) * rate + 1e-6)
                    if video is not None and time - last > 1 / rate:
                        video.codec_context.skip_frame = "DEFAULT"  # too few were left
                    last = time
                    if step >= due:
                        due = step + 1
                        yield time, _picture(frame, longest)
        yield from sounds.convert(None)


def frame_times(path: Path) -> list[float]:
    """Presentation time of every picture in seconds, from the packets alone."""
    with _open(path) as container:
        video, origin = _video_stream(container), origin_of(container)
        if video is None:
            return []
        times = [_seconds(packet.pts, packet.time_base) for packet in container.demux(video)]
    return sorted(time - origin for time in times if time is not None)


def _confine(seconds: float) -> None:
    """Take away what a decoder does not need. Whatever takes over this process can read what its user can, no more.

    Limits that a system lacks are left out: Windows has none of them, macOS none on memory.
    """
    try:
        import resource
    except ModuleNotFoundError:
        return
    for name, most in (
        ("RLIMIT_AS", MEMORY),
        ("RLIMIT_CPU", math.ceil(seconds)),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NOFILE", 32),
    ):
        if sys.platform == "darwin" and name == "RLIMIT_AS":
            continue
        what = getattr(resource, name)
        _, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))


def _send(head: dict[str, Any], body: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps({**head, "bytes": len(body)}).encode() + b"\n")
    sys.stdout.buffer.write(body)


def _predict_segment(what: str, path: Path, arguments: list[str]) -> None:
    _confine(PROBING + (DECODING * float(arguments[3]) if what == "stream" else 0.0))
    if what == "probe":
        _send({"clip": probe(path)})
    elif what == "times":
        times = np.array(frame_times(path), np.float64)
        _send({"times": len(times)}, times.tobytes())
    else:
        for time, array in stream(path, float(arguments[0]), int(arguments[1]), int(arguments[2])):
            kind = "image" if array.ndim == 3 else "sound"
            _send({kind: list(array.shape), "time": time}, array.tobytes())
    _send({"end": True})


def main() -> None:
    what, path, *arguments = sys.argv[1:]
    av.logging.set_level(None)  # FFmpeg's own messages quote what is in a clip
    try:
        _predict_segment(what, Path(path), arguments)
    except Refused as error:
        _send({"refused": str(error)})
    except MemoryError:
        _send({"refused": "it needs more memory than a clip is given. Scale it down or re-encode it."})
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody listens any more
    except Exception as error:  # whatever a damaged file makes of the libraries
        _send({"refused": f"it cannot be decoded ({type(error).__name__}); the file may be damaged. {ACCEPTED}."})
    sys.stdout.flush()


if __name__ == "__main__":
    main()
