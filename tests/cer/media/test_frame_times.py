"""Frame times against PyAV's own decoded frames, on 200 files that differ in what goes wrong with times.

B-frames, variable rates, gaps, late starts, edit lists, clocks close to their wrap, containers with their own clocks.
"""

from pathlib import Path

import av
import numpy as np
import pytest

from cer.media.decoder import frame_times
from tests.clips import ffmpeg, noise, write_clip

CONTAINERS = ("mp4", "mkv", "mov", "ts", "avi")
FILES_PER_CONTAINER = 20  # twice: as they are, and trimmed


def times_of(rng: np.random.Generator) -> list[float]:
    """Presentation times of 20 to 45 frames: even or not, with a gap or without, from 0 or later."""
    count = int(rng.integers(20, 45))
    steps = np.full(count, 0.04) if rng.random() < 0.4 else rng.uniform(0.011, 0.13, count)
    if rng.random() < 0.4:
        steps[int(rng.integers(1, count))] += rng.uniform(0.3, 0.9)
    start = 0.0 if rng.random() < 0.5 else rng.uniform(0.1, 3.0)
    return (start + np.cumsum(steps).round(3)).tolist()


def shown_by_pyav(path: Path) -> list[float]:
    """Seconds from where a player shows 0:00, of every frame that PyAV decodes."""
    with av.open(str(path)) as container:
        origin = (container.start_time or 0) / 1_000_000
        return [frame.time - origin for frame in container.decode(video=0)]


def ours(path: Path) -> list[float]:
    return [time for part in frame_times(path) if not isinstance(part, str) for time in part]


@pytest.mark.parametrize("container", CONTAINERS)
def test_times_are_those_of_the_decoded_frames_whatever_the_container_does(container: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(CONTAINERS.index(container))
    for number in range(FILES_PER_CONTAINER):
        times = times_of(rng)
        plain = write_clip(tmp_path / f"{number}.mp4", [(time, noise(32, 48)) for time in times])
        codec = "libx264" if rng.random() < 0.6 else "mpeg4"
        turned = ["-c:v", codec, "-g", "6", "-bf", "2", "-fps_mode", "vfr"]
        offset = ["-output_ts_offset", f"{rng.choice([0.0, 2.5, 95440.0])}"] if container == "ts" else []
        path = ffmpeg(
            tmp_path / f"{number}.{container if container != 'mp4' else 'm4v.mp4'}", "-i", str(plain), *turned, *offset
        )
        trimmed = ffmpeg(
            tmp_path / f"{number}-cut.{container}", "-ss", f"{rng.uniform(0.1, 0.8):.3f}", "-i", str(path), "-c", "copy"
        )
        for file in (path, trimmed):
            expected = shown_by_pyav(file)
            assert len(expected) > 3, file
            assert ours(file) == pytest.approx(expected, abs=1e-6), file
