"""An archive of many different clips, cut from a folder of real ones, and how fast `cer annotate` goes through it.

    python -m bench.archive CLIPS OUT [--count 500] [--jobs 2]

Writes OUT/clips (reused if it is there) and OUT/annotated-1, OUT/annotated-JOBS, and prints one line of JSON: seconds
with one worker and with JOBS, their ratio, clips and seconds of video a core-hour. The cuts differ in start, length,
size, rate and quality, so no two are alike.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from cer.clips import clips_of
from cer.media.reader import probe

WIDTHS, RATES, QUALITIES = (640, 854, 1280), (15, 25, 30), (20, 26, 32)
LENGTHS = (2.0, 8.0)  # seconds


def cut(source: Path, folder: Path, count: int) -> None:
    """Write `count` clips into a folder, the same ones on every machine."""
    clips = [(path, probe(path).duration) for path in clips_of([source])]
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for number in range(count):
        path, duration = clips[number % len(clips)]
        length = float(min(rng.uniform(*LENGTHS), duration))
        start = float(rng.uniform(0, max(duration - length, 0)))
        width, rate, quality = (int(rng.choice(choices)) for choices in (WIDTHS, RATES, QUALITIES))
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-ss", f"{start:.2f}", "-t", f"{length:.2f}"]
        command += ["-i", str(path), "-vf", f"scale={width}:-2,fps={rate}", "-c:v", "libx264", "-preset", "ultrafast"]
        command += ["-crf", str(quality), "-pix_fmt", "yuv420p", str(folder / f"{number:04}.mp4")]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def annotated(clips: Path, out: Path, jobs: int) -> float:
    """Seconds of a run of `cer annotate` in a process of its own; a single worker has one processor as well."""
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "cer", "annotate", str(clips), "--out", str(out), "--jobs", str(jobs), "--quiet"]
    processors = sorted(os.sched_getaffinity(0))[:jobs]
    started = time.monotonic()
    subprocess.run(command, check=False, preexec_fn=lambda: os.sched_setaffinity(0, processors))
    return time.monotonic() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--runs", type=int, nargs="+", help="numbers of workers (default: 1 and --jobs)")
    options = parser.parse_args()
    clips = options.out / "clips"
    if not clips.exists():
        cut(options.source, clips, options.count)
    seconds = sum(probe(path).duration for path in clips_of([clips]))
    result: dict[str, object] = {"clips": options.count, "seconds_of_video": round(seconds)}
    times = {
        jobs: annotated(clips, options.out / f"annotated-{jobs}", jobs) for jobs in options.runs or (1, options.jobs)
    }
    for jobs, took in times.items():
        result[f"workers_{jobs}"] = {
            "seconds": round(took, 1),
            "clips_per_core_hour": round(3600 * options.count / took / jobs),
            "real_time_factor_per_core": round(took * jobs / seconds, 3),
        }
    if len(times) > 1:
        first, *_, last = times.values()
        result["speedup"] = round(first / last, 2)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
