"""`python -m eval`: a thin parser over the harness."""

import argparse
import sys
from pathlib import Path
from typing import Any

from cer.errors import CerError
from cer.profiles import DEFAULT, PROFILES


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m eval", description="Score the models on a corpus.")
    commands = top.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="predict and score a corpus; goes on where it was stopped")
    run.add_argument("--corpus", required=True, metavar="NAME", help="see `python -m eval ls`")
    run.add_argument("--root", required=True, type=Path, metavar="PATH", help="the corpus' file or folder")
    run.add_argument("--split", metavar="S")
    run.add_argument("--profile", choices=list(PROFILES), default=DEFAULT)
    run.add_argument("--limit", type=int, metavar="N", help="the first N items only")
    run.add_argument("--out", required=True, type=Path, metavar="DIR")
    run.add_argument("--quiet", action="store_true")
    commands.add_parser("ls", help="the corpora that can be run")
    return top


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0; 2 for wrong usage or a corpus that cannot be read."""
    options = parser().parse_args(arguments)
    from .corpora import CORPORA

    if options.command == "ls":
        for one in CORPORA.values():
            print(f"{one.name:12} v{one.version}  {one.about} (default split: {one.split or 'none'})")
        return 0
    from .run import Request, run

    try:
        request = Request(options.corpus, options.root, options.out, options.split, options.profile, options.limit)
        print(table(run(request, quiet=options.quiet)))
    except CerError as error:
        print("eval: " + " ".join(str(error).split()), file=sys.stderr)
        return 2
    return 0


def table(result: dict[str, Any]) -> str:
    """Every view's scores with intervals, as text."""
    lines = [f"{result['corpus']} ({result['split']}): {result['n']} items, {len(result['skipped'])} skipped"]
    for view, scores in result["results"].items():
        cells = []
        for name in ("macro_f1", "uar", "war", "weighted_f1"):
            low, high = result["intervals"][view][name]
            cells.append(f"{name} {scores[name]:.3f} [{low:.3f}, {high:.3f}]")
        lines.append(f"  {view:14} {'  '.join(cells)}  ece {scores['ece']:.3f}")
    return "\n".join(lines)
