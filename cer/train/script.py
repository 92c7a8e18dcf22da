"""What every training script asks for on its command line."""

import argparse
import logging
from pathlib import Path


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """--data (the corpora), --out (where weights go), --work (what is kept between scripts)."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of corpora")
    parser.add_argument("--out", type=Path, required=True, help="where the weight file and its notes go")
    parser.add_argument("--work", type=Path, default=Path("runs"), help="checkpoints, read faces, held-out predictions")
    return parser


def start_script(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Parse the command line, set up the log and make the work folder."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parsed = parser.parse_args()
    parsed.work.mkdir(parents=True, exist_ok=True)
    return parsed


def arguments(description: str) -> argparse.Namespace:
    """The command line of a script without options of its own."""
    return start_script(parser_of(description))
