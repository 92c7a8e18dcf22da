"""Makes every shipped weight file anew, in the order in which they build on each other.

python -m cer.train --data DATA --out cer/weights [--work runs]
"""

import argparse
import subprocess
import sys
from pathlib import Path

WITHOUT_DATA = ("sentence_encoder", "voice_encoder")  # graphs whose weights are other people's
ORDER = (
    *WITHOUT_DATA,
    "static_face",
    "dynamic_face",
    "scene_label",
    "scene_context",
    "vocal_events",
    "audio",
    "text",
    "fusion",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("runs"), help="logs, checkpoints and held-out predictions")
    parser.add_argument("--only", nargs="+", choices=ORDER, default=ORDER)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    for name in asked.only:
        # One process a model: what is exported by one is loaded, and checked, by the next.
        command = [sys.executable, "-m", f"cer.train.{name}", "--out", str(asked.out)]
        if name not in WITHOUT_DATA:
            command += ["--data", str(asked.data), "--work", str(asked.work)]
        print("$", " ".join(command), flush=True)
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
