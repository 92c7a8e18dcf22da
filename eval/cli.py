"""`python -m eval`: a thin parser over the harness."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cer.console import tolerant_output
from cer.errors import CerError, DataError
from cer.memory import limit_arenas
from cer.modalities.registry import DEFAULT
from cer.names import printable


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m eval", description="Score the models on a corpus.")
    commands = top.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="predict and score a corpus; goes on where it was stopped")
    run.add_argument("--corpus", required=True, metavar="NAME", help="see `python -m eval ls`")
    run.add_argument("--root", type=Path, metavar="PATH", help="the corpus' file or folder; an open corpus needs none")
    run.add_argument("--split", metavar="S")
    run.add_argument(
        "--profile", default=DEFAULT, metavar="P", help="embedded, paper, supervised or auto, with swaps as in `cer`"
    )
    run.add_argument("--limit", type=int, metavar="N", help="the first N items only")
    run.add_argument("--engine", choices=["local", "ray"], default="local", help="ray: spread over a Ray cluster")
    run.add_argument("--workers", type=int, default=0, metavar="N", help="of Ray; one a device without it")
    run.add_argument(
        "--max-skipped", type=float, default=0.5, metavar="SHARE", help="more skipped items are an error (0.5)"
    )
    cache = run.add_mutually_exclusive_group()
    cache.add_argument(
        "--cache", type=Path, metavar="DIR", help="where `datasets` keeps copies of the corpus (its own cache)"
    )
    cache.add_argument("--no-cache", action="store_true", help="keep no copy of the corpus after the run")
    run.add_argument("--out", required=True, type=Path, metavar="DIR")
    run.add_argument("--quiet", action="store_true")
    report = commands.add_parser("report", help="tables and plots of runs, with every ablation")
    report.add_argument("runs", nargs="+", type=Path, metavar="DIR", help="what `run` wrote")
    report.add_argument("--out", type=Path, metavar="DIR", help="by default the first run's folder")
    report.add_argument(
        "--validation", type=Path, metavar="DIR", help="a run on basic emotions that chooses the Dirichlet weights"
    )
    calibration = commands.add_parser("calibration", help="confidence against accuracy of several runs, and coverage")
    calibration.add_argument("runs", nargs="+", type=Path, metavar="DIR", help="what `run` wrote")
    calibration.add_argument("--out", type=Path, metavar="DIR", help="by default the first run's folder")
    clips = commands.add_parser("clips", help="right and wrong of every labeled clip by source, and a page with frames")
    clips.add_argument("run", type=Path, metavar="DIR", help="a run on clips with a label each")
    clips.add_argument("--root", type=Path, metavar="PATH", help="where the clips are now, if they were moved")
    clips.add_argument("--out", type=Path, metavar="FILE", help="the page, by default DIR/clips.html")
    compare = commands.add_parser("compare", help="is one run better than another on the same items?")
    compare.add_argument("first", type=Path, metavar="DIR")
    compare.add_argument("second", type=Path, metavar="DIR")
    submit = commands.add_parser("submit", help="write or check a file for a challenge")
    submit.add_argument("--challenge", choices=["abaw", "blemore"], default="abaw", help="abaw: compound expressions")
    submit.add_argument(
        "--manifest", type=Path, metavar="FILE", help="the organizers' sample or template; optional for blemore"
    )
    what = submit.add_mutually_exclusive_group(required=True)
    what.add_argument("--run", type=Path, metavar="DIR", help="a run of c-expr-db or blemore to write a file from")
    what.add_argument("--check", type=Path, metavar="FILE", help="a submission to check against the manifest")
    submit.add_argument("--out", type=Path, metavar="FILE", help="by default DIR/submission.txt or .json")
    submit.add_argument(
        "--view", metavar="VIEW", help="abaw: ppa, pfsa or compound (default); blemore: fused (default)"
    )
    submit.add_argument("--missing", metavar="LABEL", help="the class of videos that have no predictions")
    thresholds = commands.add_parser("thresholds", help="choose the thresholds of a corpus with several labels an item")
    thresholds.add_argument("run", type=Path, metavar="DIR", help="a run of other data than what will be scored")
    _add_ladder(commands)
    commands.add_parser("ls", help="the corpora that can be run")
    return top


def _add_ladder(commands: Any) -> None:
    ladder = commands.add_parser("ladder", help="every method on one corpus, from rules to what compound labels buy")
    ladder.add_argument("--corpus", required=True, metavar="NAME", help="rafce, c-expr-db, or one of basic emotions")
    ladder.add_argument("--root", type=Path, metavar="PATH", help="the corpus' file or folder")
    ladder.add_argument("--split", metavar="S")
    ladder.add_argument("--limit", type=int, metavar="N", help="the first N items only")
    ladder.add_argument(
        "--validation", type=Path, metavar="DIR", help="a run on basic emotions that chooses the Dirichlet weights"
    )
    ladder.add_argument(
        "--temporal", type=Path, metavar="DIR", help="encoders that cer.train.supervised.temporal trained, for clips"
    )
    ladder.add_argument("--out", required=True, type=Path, metavar="DIR")
    ladder.add_argument("--quiet", action="store_true")


def main(arguments: list[str] | None = None) -> int:
    """Exit status 0; 1 for a submission with faults; 2 for wrong usage or files that cannot be read."""
    limit_arenas()
    with tolerant_output():
        return _main(arguments)


def _main(arguments: list[str] | None) -> int:
    options = parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
    except CerError as error:
        print("eval: " + printable(" ".join(str(error).split())), file=sys.stderr)
        return 2


def _ls(options: argparse.Namespace) -> int:
    from cer.corpora import corpora

    for corpus in corpora().values():
        access = "open" if corpus.source else "needs --root"
        print(f"{corpus.name:12} v{corpus.version}  {corpus.about} (default split: {corpus.split or 'none'}; {access})")
    return 0


def _run(options: argparse.Namespace) -> int:
    from cer.corpora.base import cache_in
    from eval.run import Request, run

    request = Request(
        options.corpus,
        options.root,
        options.out,
        options.split,
        options.profile,
        options.limit,
        options.engine,
        options.workers,
        options.max_skipped,
    )
    with cache_in(options.cache, temporary=options.no_cache):
        print(table(run(request, quiet=options.quiet)))
    return 0


def _report(options: argparse.Namespace) -> int:
    from eval.report import write

    for path in write(options.runs, options.out or options.runs[0], options.validation):
        print(path)
    return 0


def _calibration(options: argparse.Namespace) -> int:
    from eval.calibration import write

    text, paths = write(options.runs, options.out or options.runs[0])
    print(text)
    for path in paths:
        print(path)
    return 0


def _clips(options: argparse.Namespace) -> int:
    from eval.clips import as_text, clip_paths, clip_rows, write_page
    from eval.finished import Run

    run = Run.read(options.run)
    rows = clip_rows(run)
    print(as_text(rows))
    path = options.out or options.run / "clips.html"
    write_page(run, rows, clip_paths(run, options.root), path)
    print(path)
    return 0


def _ladder(options: argparse.Namespace) -> int:
    from eval.ladder import ladder, write_ladder
    from eval.run import Request

    request = Request(options.corpus, options.root, options.out, options.split, limit=options.limit)
    climbed = ladder(request, options.validation, options.temporal, quiet=options.quiet)
    text, paths = write_ladder(climbed, request)
    print(text)
    for path in paths:
        print(path)
    return 0


def _compare(options: argparse.Namespace) -> int:
    from eval.compare import compare
    from eval.finished import Run

    for line in compare(Run.read(options.first), Run.read(options.second)):
        low, high = line.interval
        difference = line.second - line.first
        share = f"the other way round in {line.reversed_share:.1%} of resamples" if difference else "no difference"
        print(
            f"{line.view:14} macro_f1 {line.first:.4f} -> {line.second:.4f}  difference {difference:+.4f} "
            f"[{low:+.4f}, {high:+.4f}]  {share}"
        )
    return 0


def _thresholds(options: argparse.Namespace) -> int:
    from eval.finished import Run
    from eval.thresholds import choose

    for view, chosen in choose(Run.read(options.run)).items():
        print(f"{view}: " + ", ".join(f'"{name}": {limit:.2f}' for name, limit in chosen.items()))
    return 0


def _submit(options: argparse.Namespace) -> int:
    return _submit_blemore(options) if options.challenge == "blemore" else _submit_abaw(options)


def _submit_abaw(options: argparse.Namespace) -> int:
    from cer.files import read_file
    from eval.submit import VIEWS, disagreements, problems, read_manifest, submission, write

    view = _accepted("--view", options.view or "compound", VIEWS)
    if options.manifest is None:
        raise DataError("--manifest: give the organizers' sample file, which says which rows are asked for.")
    manifest = read_manifest(options.manifest)
    if options.check is not None:
        faults = problems(read_file(options.check), manifest)
        return _print_faults(options.check, faults, f"{len(manifest.locations)} rows are asked for")
    path = options.out or options.run / "submission.txt"
    write(submission(options.run, manifest, view, options.missing), path)
    print(f"{path}: {len(manifest.locations)} rows")
    for line in disagreements(options.run, manifest):
        print(f"eval: {line}", file=sys.stderr)
    return 0


def _submit_blemore(options: argparse.Namespace) -> int:
    from cer.files import read_file
    from cer.labels import MODALITIES
    from eval.submit import write
    from eval.submit_blemore import problems, read_template, submission

    view = _accepted("--view", options.view or "fused", ("fused", *MODALITIES))
    template = read_template(options.manifest) if options.manifest is not None else None
    if options.check is not None:
        expected = f"{len(template)} clips are asked for" if template else "any clips, as no --manifest is given"
        return _print_faults(options.check, problems(read_file(options.check), template), expected)
    path = options.out or options.run / "submission.json"
    content = submission(options.run, template, view, options.missing)
    write(content, path)
    print(f"{path}: {len(read_template(path))} clips")
    return 0


def _accepted(option: str, value: str, accepted: Sequence[str]) -> str:
    if value not in accepted:
        raise DataError(f"{option} {value}: must be one of {', '.join(accepted)}.")
    return value


def _print_faults(path: Path, faults: list[str], expected: str) -> int:
    """Print what is wrong with a submission; the exit status."""
    for fault in faults[:20]:
        print(fault)
    if len(faults) > 20:
        print(f"... and {len(faults) - 20} more")
    print(f"{path}: {len(faults) or 'no'} problems, {expected}")
    return 1 if faults else 0


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "ls": _ls,
    "run": _run,
    "report": _report,
    "calibration": _calibration,
    "clips": _clips,
    "compare": _compare,
    "ladder": _ladder,
    "submit": _submit,
    "thresholds": _thresholds,
}


def table(result: dict[str, Any]) -> str:
    """Every view's scores with intervals, as text."""
    lines = [
        f"{result['corpus']} ({result['split']}): {result['n']} items, {len(result['skipped'])} skipped, "
        f"{result['scored']} scored"
    ]
    lines += [f"  {count} items: {note}" for note, count in result["notes"].items()]
    for view, scores in result["results"].items():
        cells = []
        for name, (low, high) in result["intervals"][view].items():
            cells.append(f"{name} {scores[name]:.3f} [{low:.3f}, {high:.3f}]")
        lines.append(f"  {view:14} {'  '.join(cells)}  ece {scores['ece']:.3f}")
    return "\n".join(lines)
