"""Measures everything and writes docs/benchmarks-DATE.json and the generated part of docs/benchmarks.md.

python -m bench --out docs [--quick]
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import bound, tables
from bench.clips import DEMO, HEIGHTS, doubled, looped, scaled
from cer.models.runtime import THREADS
from cer.perception.transcription import Sentence

ROOT = Path(__file__).parents[1]


def run(*command: str) -> str:
    return subprocess.run([sys.executable, *command], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def measured(clip: Path, runs: int) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(run("-m", "bench.measure", str(clip), str(runs)).splitlines()[-1])
    print(f"{clip.name}: {result['seconds']} s, {result['peak_mb']} MB", flush=True)
    return result


def cold(times: int) -> list[float]:
    """Seconds from the command to its end on the bundled clip, every file written."""
    seconds = []
    for _ in range(times):
        with tempfile.TemporaryDirectory() as out:
            started = time.perf_counter()
            run("-m", "cer", "analyze", str(DEMO), "--out", out, "--quiet")
            seconds.append(round(time.perf_counter() - started, 2))
    return seconds


def at_once(clip: Path, processes: int) -> float:
    """Seconds until so many processes, started together, have all analyzed a clip."""
    started = time.perf_counter()
    running = [
        subprocess.Popen([sys.executable, "-m", "bench.measure", str(clip)], cwd=ROOT, stdout=subprocess.DEVNULL)
        for _ in range(processes)
    ]
    for process in running:
        process.wait()
    return round(time.perf_counter() - started, 2)


def least(clip: dict[str, Any], sentences: Sequence[Sentence]) -> dict[str, Any]:
    """The bound for a measured clip of one person who speaks in these sentences."""
    rate = bound.gemm_rate()
    spoken = max((sentence.end for sentence in sentences), default=0.0) - min(
        (sentence.start for sentence in sentences), default=0.0
    )
    operations = bound.least(clip["frames"], [spoken] * round(clip["length"] / 10))
    compute = sum(operations.values()) / rate
    return {
        "gemm_gflops": round(rate / 1e9),
        "gigaflop": {name: round(count / 1e9, 1) for name, count in operations.items()},
        "compute_seconds": round(compute, 2),
        "bound_seconds": round(compute + clip["decode_alone"], 2),
        "times_the_bound": round(statistics.median(clip["seconds"]) / (compute + clip["decode_alone"]), 2),
    }


def beside_fer(python: str, folder: Path) -> dict[str, Any]:
    """Finding faces and reading them in the bundled clip's frames: ours, and the `fer` package's in its environment."""
    frames = str(folder / "frames.npy")
    ours = json.loads(run("-m", "bench.fer_peer", frames).splitlines()[-1])
    result = subprocess.run([python, "bench/fer_peer.py", frames], cwd=ROOT, check=True, capture_output=True, text=True)
    return {"ours": ours, "fer": json.loads(result.stdout.splitlines()[-1])}


def machine() -> dict[str, str]:
    names = {
        line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    }
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": ", ".join(sorted(names)),
        "cores": str(THREADS),
        "memory": f"{memory:.0f} GB",
        "python": platform.python_version(),
        "onnxruntime": version("onnxruntime"),
        "av": version("av"),
    }


def sections(options: argparse.Namespace) -> dict[str, Callable[[dict[str, Any]], Any]]:
    """What is measured, in order; each is given what was found before it."""
    runs, clips = 1 if options.quick else 5, options.clips
    from cer.pipeline import analyze

    return {
        "cold": lambda _: cold(runs),
        "sizes": lambda _: {name: measured(scaled(clips, height, 60), runs) for name, height in HEIGHTS.items()},
        "two people": lambda _: measured(doubled(clips, 720, 60), runs),
        "lengths": lambda _: {
            str(seconds): measured(looped(clips, seconds), 1)
            for seconds in ((10, 60) if options.quick else (10, 60, 600, 3600))
        },
        "processes": lambda _: {str(number): at_once(scaled(clips, 720, 60), number) for number in (1, 2)},
        "bound": lambda results: least(results["sizes"]["720p"], analyze(DEMO).transcript),
        "reference": lambda _: json.loads(run("-m", "bench.reference").splitlines()[-1]),
        "fer": lambda _: beside_fer(options.fer, clips) if options.fer else None,
        "page": lambda _: json.loads(run("-m", "bench.page", str(runs)).splitlines()[-1]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--quick", action="store_true", help="one run each, no clip longer than a minute")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="measure these again and keep the day's others")
    parser.add_argument("--clips", type=Path, default=Path("runs/bench"), metavar="DIR", help="where clips are made")
    parser.add_argument("--fer", metavar="PYTHON", help="of an environment with `pip install fer==25.10.3`")
    options = parser.parse_args()
    for folder in (options.clips, options.out):
        folder.mkdir(parents=True, exist_ok=True)
    today = datetime.date.today().isoformat()
    path = options.out / f"benchmarks-{today}.json"
    results: dict[str, Any] = (
        json.loads(path.read_text("utf-8")) if options.only else {"date": today, "machine": machine()}
    )
    for name, measure in sections(options).items():
        if options.only is None or name in options.only:
            results[name] = measure(results)
            path.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    tables.write(results, options.out / "benchmarks.md")


if __name__ == "__main__":
    main()
