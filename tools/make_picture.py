"""Makes docs/images/demo.png: the report's figures for the bundled clip, one below the other.

python tools/make_picture.py
"""

from pathlib import Path

import numpy as np
from PIL import Image

from cer import analyze
from cer.results import figures

HERE = Path(__file__).parent


def main() -> None:
    analysis = analyze(HERE / "demo.mp4")
    drawn = (figures.timeline(analysis), figures.modality_bars(analysis), figures.fused_bars(analysis))
    target = HERE.parent / "docs" / "images" / "demo.png"
    Image.fromarray(np.concatenate([figures.png(figure, 90) for figure in drawn])).quantize(240).save(
        target, optimize=True
    )
    print(f"{target}: {target.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
