"""Clips to measure with, all made from the bundled one: longer, larger, with two people."""

import subprocess
from pathlib import Path

import imageio_ffmpeg

DEMO = Path(__file__).parents[1] / "examples" / "demo.mp4"
SECONDS = 10.064  # of the bundled clip
HEIGHTS = {"360p": 360, "720p": 720, "1080p": 1080, "4K": 2160}
_LIKE_A_PHONE = ("-c:v", "libx264", "-preset", "fast", "-crf", "23", "-c:a", "aac")


def looped(folder: Path, seconds: float) -> Path:
    """The bundled clip again and again, copied without encoding it anew."""
    times = round(seconds / SECONDS) - 1
    return made(folder / f"{seconds:.0f}s.mp4", "-stream_loop", str(times), "-i", str(DEMO), "-c", "copy")


def scaled(folder: Path, height: int, seconds: float) -> Path:
    """The same, scaled up."""
    source = looped(folder, seconds)
    return made(folder / f"{height}-{seconds:.0f}s.mp4", "-i", str(source), "-vf", f"scale=-2:{height}", *_LIKE_A_PHONE)


def doubled(folder: Path, height: int, seconds: float) -> Path:
    """The person and her mirror image side by side."""
    beside = "[0:v]crop=iw/2:ih[a];[a]split[b][c];[c]hflip[d];[b][d]hstack,scale=-2:" + str(height)
    source = looped(folder, seconds)
    return made(
        folder / f"two-{height}-{seconds:.0f}s.mp4", "-i", str(source), "-filter_complex", beside, *_LIKE_A_PHONE
    )


def made(path: Path, *options: str) -> Path:
    """What FFmpeg makes with these options, whole or not at all; kept where it was made before."""
    if not path.is_file():
        part = path.with_name(f"part-{path.name}")
        subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *options, str(part)], check=True)
        part.rename(path)
    return path
