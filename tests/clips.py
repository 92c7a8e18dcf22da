"""Makes small clips for the tests: any timestamps, any rotation, with or without picture and sound."""

import subprocess
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np

from cer.media.clip import SAMPLE_RATE

DEMO = Path(__file__).parents[1] / "examples" / "demo.mp4"
_TICKS = 1000  # a second, of the written video's clock


def write_clip(
    path: Path,
    frames: Iterable[tuple[float, np.ndarray]] = (),
    sound: np.ndarray | None = None,
    *,
    codec: str = "libx264",
    sound_start: float = 0.0,
) -> Path:
    """Write pictures (seconds, RGB uint8 [H, W, 3]) at exactly their times, and mono 16 kHz sound."""
    frames = list(frames)
    with av.open(str(path), "w") as container:
        video: Any = None
        audio: Any = None
        if frames:
            video = container.add_stream(codec, 30, options={"crf": "18"} if codec == "libx264" else {})
            video.height, video.width = frames[0][1].shape[:2]
            video.pix_fmt = "yuv420p"
            video.codec_context.time_base = video.time_base = Fraction(1, _TICKS)
        if sound is not None:
            audio = container.add_stream("aac", SAMPLE_RATE, layout="mono")
        for time, image in frames:
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = round(time * _TICKS), Fraction(1, _TICKS)
            container.mux(video.encode(frame))
        if video is not None:
            container.mux(video.encode(None))
        if sound is not None and audio is not None:
            piece = av.AudioFrame.from_ndarray(sound.astype(np.float32)[None], "fltp", "mono")
            piece.sample_rate, piece.pts, piece.time_base = (
                SAMPLE_RATE,
                round(sound_start * SAMPLE_RATE),
                Fraction(1, SAMPLE_RATE),
            )
            container.mux(audio.encode(piece))
            container.mux(audio.encode(None))
    return path


def ffmpeg(path: Path, *arguments: str) -> Path:
    """Make a file with the FFmpeg that a package brings."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *arguments, str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def damaged(path: Path) -> Path:
    """Two seconds of video with zeros in many places of its middle."""
    content = bytearray(ffmpeg(path, "-f", "lavfi", "-i", "mandelbrot=size=320x240:rate=25", "-t", "2").read_bytes())
    for place in range(len(content) // 2, len(content) // 2 + 4000, 100):
        content[place : place + 8] = bytes(8)
    path.write_bytes(bytes(content))
    return path


def still(times: Sequence[float], image: np.ndarray) -> list[tuple[float, np.ndarray]]:
    return [(time, image) for time in times]


def noise(height: int = 120, width: int = 160, seed: int = 0) -> np.ndarray:
    """A smooth random picture: nothing in it, but not flat."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (height // 20, width // 20, 3))
    return np.kron(coarse, np.ones((20, 20, 1))).astype(np.uint8)
