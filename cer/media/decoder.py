"""The decoder: a process of its own that reads one clip through FFmpeg (PyAV) and sends what is in it.

C libraries decode what strangers sent, so they do it here: with a limit on memory and processor time, no way to write a
file, no environment to speak of and nothing to lose. `media` starts it, reads from its standard output and ends it.

    python -m cer.media.decoder sandbox PATH
    python -m cer.media.decoder probe PATH
    python -m cer.media.decoder times PATH SECONDS
    python -m cer.media.decoder stream PATH RATE MAX_SIDE DETAIL_SIDE SAMPLE_RATE SECONDS

`cer.media.messages` says what it sends.
"""

import math
import os
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.subtitles.codeccontext  # PyAV would import these three later, and the sandbox would refuse
import av.subtitles.stream
import av.subtitles.subtitle
import numpy as np

from cer.media.clip import ACCEPTED, MAX_DURATION, Frame, Sound
from cer.media.container import Refused, audio_stream, cause, open_container, origin_of, video_stream
from cer.media.images import Deinterlacer, Scaler, displayed_size, pixel_aspect
from cer.media.messages import send, send_content
from cer.media.planes import Planes
from cer.media.sandbox import confine
from cer.media.sound import Sounds
from cer.media.tracks import Decoding
from cer.segments import step_of

MAX_PIXELS = 8192 * 8192  # of one frame; more is taken for a decompression bomb
MAX_MEMORY_BYTES = 1400 * 2**20  # of address space; a 4K clip takes 700 MB of it
MAX_PROBE_CPU_SECONDS = 20  # for a header and a first frame
MAX_CPU_SECONDS_PER_SECOND = 4.0  # for each second of a clip, added to MAX_PROBE_CPU_SECONDS; 4K takes 0.5
MAX_OPEN_FILES = 32
MAX_TIMES_PER_MESSAGE = 500  # frame times in one message: often enough that the reader does not take it for a hang

# Frames that no other refers to are skipped where the stream has so many frames for each one that is sampled, as long
# as no gap is longer than this share of the time between samples: 0.6 of the time, for samples that come 40 ms later.
MIN_FRAMES_PER_SAMPLE, LONGEST_GAP = 4, 0.75
STEADY = 0.02  # difference between the mean frame rate and the usual one, up to which frames are equally far apart
# Larger frames are decoded by several threads, more than cores, so that they go on while one frame is scaled down.
# Smaller ones take a third more processor time so, and decoding them is never what others wait for. Frames of 8K in
# six threads take 1.3 GB of address space, of 4K 0.7 GB.
LARGE_FRAME_PIXELS, LARGE_FRAME_THREADS = 1280 * 736, 6
HUGE_FRAME_PIXELS, HUGE_FRAME_THREADS = 4096 * 2304, 3
# Above Full HD blocks are decoded without smoothing their edges, a sixth of the time: scaled down to MAX_SIDE, images
# of a 4K clip differ by 46 dB.
FULL_HD_PIXELS = 1920 * 1088


def _seconds(timestamp: int | None, base: Fraction | None) -> float | None:
    return None if timestamp is None or base is None else float(timestamp * base)


def probe(path: Path) -> dict[str, Any]:
    """The fields of a `media.Clip` but its path and name, from the header and the first frame."""
    with open_container(path) as container:
        video, audio = video_stream(container), audio_stream(container)
        if video is None and audio is None:
            raise Refused(f"no video or audio stream that can be read (found: {container.format.name}). {ACCEPTED}.")
        duration = _duration(container, video, audio)
        if duration > MAX_DURATION:
            raise Refused(
                f"{duration / 3600:.1f} h long, the limit is {MAX_DURATION / 3600:.0f} h. Cut it into shorter clips."
            )
        first, width, height, rate = None, 0, 0, 0.0
        if video is not None:
            first, rate = _first_frame(container, video), float(video.average_rate or 0)
            width, height = displayed_size(first, pixel_aspect(video))
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
        raise Refused(f"frames of {width} x {height} pixels are too large. Scale the video down.")
    try:
        for frame in container.decode(video):
            return frame
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise Refused(f"the video cannot be decoded ({cause(error)}); the file may be damaged. {ACCEPTED}.") from error
    raise Refused(f"the video track holds no frame; the file may be cut off. {ACCEPTED}.")


def stream(path: Path, rate: float, longest: int, detail: int, sample_rate: int) -> Iterator[Frame | Sound | str]:
    """Decode a clip once, in the container's order: frames, with a larger image of `detail` pixels where there are so
    many, and sounds. The frame shown at each multiple of 1 / rate comes with its own presentation time; damaged
    stretches are skipped, and so are frames that no other refers to, as long as enough are left. What was lost comes
    last, in words.
    """
    with open_container(path) as container:
        origin = origin_of(container)
        video, audio = video_stream(container) if rate else None, audio_stream(container)
        decoding = Decoding(container, _threaded(video, audio), origin)
        if video is not None and _steady_rate(video) >= MIN_FRAMES_PER_SAMPLE * rate:
            video.codec_context.skip_frame = "NONREF"
        if video is not None and video.width * video.height > FULL_HD_PIXELS:
            video.codec_context.options = {"skip_loop_filter": "all"}
        images, sounds = _Images(video, origin, rate, longest, detail), Sounds(origin, sample_rate)
        for frame in decoding.frames():
            yield from images.convert(frame) if isinstance(frame, av.VideoFrame) else sounds.convert(frame)
        yield from images.convert(None)
        yield from sounds.convert(None)
        yield from decoding.losses()
        if audio is None and container.streams.audio:
            yield "the sound is of a kind that cannot be decoded"


def _steady_rate(video: Any) -> float:
    """Frames a second of a track whose frames are said to be equally far apart, else 0: one that stays for long may be
    among those that no other refers to.
    """
    mean, usual = float(video.average_rate or 0), float(video.base_rate or 0)
    return mean if abs(mean - usual) <= STEADY * mean else 0.0


def _threaded(*streams: Any) -> list[Any]:
    chosen = [stream for stream in streams if stream is not None]
    for stream in chosen:
        pixels = stream.width * stream.height if stream.type == "video" else 0
        if pixels > LARGE_FRAME_PIXELS:
            stream.thread_type = "AUTO"
            stream.codec_context.thread_count = (
                HUGE_FRAME_THREADS if pixels > HUGE_FRAME_PIXELS else LARGE_FRAME_THREADS
            )
        else:
            stream.codec_context.thread_count = 1
    return chosen


class _Images:
    """Chooses the frames of a video track that are shown at multiples of 1 / rate, and converts those: the first at or
    after each multiple, and where it comes later than the next multiple, the one before it, which was shown meanwhile.
    """

    def __init__(self, video: av.VideoStream | None, origin: float, rate: float, longest: int, detail: int) -> None:
        self._video, self._origin, self._rate, self._longest = video, origin, rate, longest
        self._aspect = pixel_aspect(video) if video is not None else 1.0
        self._scaler = Scaler(self._aspect, longest)
        self._larger, self._detail = Scaler(self._aspect, detail) if detail > longest else None, detail
        self._smaller = Scaler(1.0, longest)  # of what the larger one made
        self._deinterlacer = Deinterlacer()
        self._due, self._last, self._sent = 0, 0.0, -math.inf
        self._waiting: av.VideoFrame | None = None  # the frame before, when it was not sent

    def convert(self, frame: av.VideoFrame | None) -> Iterator[Frame]:
        if self._video is None:
            return
        for whole in self._deinterlacer.convert(frame):
            time = (whole.time or 0.0) - self._origin
            step = step_of(time, self._rate)
            if time - self._last > LONGEST_GAP / self._rate:
                self._video.codec_context.skip_frame = "DEFAULT"  # too few were left
            if step > self._due and self._waiting is not None:
                yield Frame(self._last, *self._images(self._waiting))
            self._last, self._waiting = time, whole if time > self._sent else None
            if step >= self._due:
                self._due, self._waiting, self._sent = step + 1, None, time
                yield Frame(time, *self._images(whole))

    def _images(self, whole: av.VideoFrame) -> tuple[np.ndarray, Planes | None]:
        """The frame's image, and a larger one where the frame has more pixels."""
        longest = max(displayed_size(whole, self._aspect))
        if self._larger is None or longest <= self._longest:
            return self._scaler.image(whole), None
        larger = self._larger.planes(whole)
        if longest <= self._detail:
            return self._scaler.image(whole), larger
        return self._smaller.smaller(larger), larger  # a quarter of the pixels of 4K are read, 52 dB from all of them


def frame_times(path: Path) -> Iterator[list[float] | str]:
    """Presentation time in seconds of every frame that can be decoded, in the order they are shown, at most
    MAX_TIMES_PER_MESSAGE in a list; then what was lost, in words. Packets do not tell: an edit list, a damaged stretch
    and a first frame that refers to an earlier one leave packets without a frame.
    """
    with open_container(path) as container:
        video, origin = video_stream(container), origin_of(container)
        if video is None:
            return
        decoding, times = Decoding(container, _threaded(video), origin), []
        for frame in decoding.frames():
            times.append(frame.time - origin)
            if len(times) == MAX_TIMES_PER_MESSAGE:
                yield times
                times = []
        yield times
        yield from decoding.losses()


def _limit(seconds: float) -> None:
    """Bound what a decoder may use. Windows has none of these limits, macOS none on memory."""
    try:
        import resource
    except ModuleNotFoundError:
        return
    for name, limit in (
        ("RLIMIT_AS", MAX_MEMORY_BYTES),
        ("RLIMIT_CPU", math.ceil(seconds)),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NOFILE", MAX_OPEN_FILES),
    ):
        if sys.platform == "darwin" and name == "RLIMIT_AS":
            continue
        what = getattr(resource, name)
        _, hard = resource.getrlimit(what)
        lowest = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (lowest, lowest))


def _send(head: dict[str, Any], *body: np.ndarray) -> None:
    send(sys.stdout.buffer, head, *body)


def _serve(what: str, path: Path, arguments: list[str]) -> None:
    _limit(MAX_PROBE_CPU_SECONDS + (MAX_CPU_SECONDS_PER_SECOND * float(arguments[-1]) if arguments else 0.0))
    sandboxed = confine(path)
    if what == "sandbox":
        _send({"sandbox": sandboxed})
    elif what == "probe":
        _send({"clip": probe(path)})
    elif what == "times":
        for item in frame_times(path):
            if isinstance(item, str):
                _send({"warning": item})
            else:
                _send({"times": len(item)}, np.array(item, np.float64))
    else:
        for content in stream(path, float(arguments[0]), *map(int, arguments[1:4])):
            send_content(sys.stdout.buffer, content)
    _send({"end": True})


def main() -> None:
    what, path, *arguments = sys.argv[1:]
    av.logging.set_level(None)  # FFmpeg's own messages quote what is in a clip
    try:
        _serve(what, Path(path), arguments)
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
