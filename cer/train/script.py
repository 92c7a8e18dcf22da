"""What every training script asks for on its command line."""

import argparse
import logging
from pathlib import Path


def arguments(description: str) -> argparse.Namespace:
    """--data (the corpora), --out (where weights go), --work (what is kept between scripts); sets up the log."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of corpora")
    parser.add_argument("--out", type=Path, required=True, help="where the weight file and its notes go")
    parser.add_argument("--work", type=Path, default=Path("runs"), help="checkpoints, read faces, held-out predictions")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    return options
