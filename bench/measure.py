"""One clip measured in a process of its own, so that peaks of memory are its own. Prints JSON.

python -m bench.measure CLIP [RUNS]
"""

import json
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from cer.media import clip, reader
from cer.perception import evidence, face_encoder, face_finder, speech, tracking
from cer.pipeline import observe
from cer.results import report

Spent = dict[str, float]
BESIDE = ("speech activity", "voice encoder", "Whisper encoder", "Whisper decoder")  # in a thread of their own


@contextmanager
def watched() -> Iterator[Spent]:
    """Seconds spent in each stage of gathering evidence, while the block runs."""
    spent: Spent = defaultdict(float)
    stages: list[tuple[Any, str, str]] = [
        (face_finder.Finder, "find", "detect"),
        (tracking.Tracker, "update", "track"),
        (face_encoder, "encode_over_time", "face network"),
        (face_encoder, "as_input", "face network"),
        (speech, "speech_regions", "speech activity"),
        (speech, "listen", "voice encoder"),
        (speech, "encode", "Whisper encoder"),
        (speech, "transcribe", "Whisper decoder"),
    ]
    originals = [getattr(owner, name) for owner, name, _ in stages]

    def clocked(function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*args, **named)
            finally:
                spent[stage] += time.perf_counter() - started

        return call

    for (owner, name, stage), function in zip(stages, originals, strict=True):
        setattr(owner, name, clocked(function, stage))
    try:
        yield spent
    finally:
        for (owner, name, _), function in zip(stages, originals, strict=True):
            setattr(owner, name, function)


def decoding(clip: clip.Clip) -> float:
    """Seconds to decode a clip and do nothing with it."""
    started = time.perf_counter()
    for _ in reader.stream(clip, evidence.FRAME_RATE):
        pass
    return time.perf_counter() - started


class Peaks:
    """The largest resident set of this process, and of any decoder it starts, in MB. Not from rusage: there a child
    begins with its parent's peak.
    """

    def __init__(self) -> None:
        self.decoder = 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def own(self) -> float:
        return _peak(os.getpid())

    def _watch(self) -> None:
        while True:
            for task in Path("/proc/self/task").iterdir():
                with suppress(OSError):
                    children = (task / "children").read_text().split()
                    self.decoder = max([self.decoder, *(_peak(int(child)) for child in children if _decodes(child))])
            time.sleep(0.1)


def _decodes(process: str) -> bool:
    """Whether it is a decoder by now: until it starts its program, a child looks like its parent."""
    return b"cer.media.decoder" in Path(f"/proc/{process}/cmdline").read_bytes()


def _peak(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    return max((int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM")), default=0.0)


def main() -> None:
    path, runs = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    peaks, clip = Peaks(), reader.probe(path)
    if runs > 1:
        observe(path).conclude()  # models loaded, caches warm
    seconds, stages = [], []
    for _ in range(runs):
        with watched() as spent:
            started = time.perf_counter()
            analysis = observe(path).conclude()
            seconds.append(time.perf_counter() - started)
        gathering = analysis.timings["gathering evidence"]
        watching = sum(seconds for stage, seconds in spent.items() if stage not in BESIDE)
        spent["waiting for frames and sound, and the rest"] = gathering - watching
        stages.append(
            {**spent, **{name: time for name, time in analysis.timings.items() if name != "gathering evidence"}}
        )
    started = time.perf_counter()
    report.report(analysis)
    report_seconds = time.perf_counter() - started
    result = {
        "clip": path.name,
        "length": round(clip.duration, 2),
        "seconds": [round(second, 3) for second in seconds],
        "decode_alone": round(float(np.median([decoding(clip) for _ in range(min(runs, 3))])), 3),
        "stages": {name: round(float(np.median([stage.get(name, 0.0) for stage in stages])), 4) for name in stages[0]},
        "report": round(report_seconds, 3),
        "frames": len(analysis.times),
        "peak_mb": round(peaks.own),
        "peak_decoder_mb": round(peaks.decoder),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
