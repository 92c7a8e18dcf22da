"""`cer analyze`: clips, one after the other or side by side, into a folder of results each."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cer.console import bar, complaint, unwritten
from cer.errors import CerError, ClipError
from cer.files import DEMO_CLIP
from cer.labels import MODALITIES
from cer.modalities.registry import choose, resolve_profile
from cer.names import printable, result_names
from cer.progress import Progress, silent
from cer.results.analysis import Analysis
from cer.results.wording import clock, own_labels_line, stated

if TYPE_CHECKING:
    from cer.results.index import Entry

UNREADABLE = 3  # exit status when a clip could not be read
UNWRITTEN = 1  # exit status when results could not be written


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a clip. status: for the exit; problem: why it has no results; line: to be printed about it."""

    status: int
    problem: str | None = None
    line: str = ""


def analyze_clips(options: argparse.Namespace) -> int:
    """The exit status of `cer analyze`."""
    from cer.clips import clips_of
    from cer.fusion.own_labels import read_own_labels
    from cer.results.formats import chosen_formats
    from cer.results.index import Entry

    choose(options.profile)
    options.profile = resolve_profile(options.profile)  # once: "auto" comes to less when its models fill the memory
    if options.jobs < 1:
        raise CerError(f"--jobs {options.jobs}: must be at least 1.")
    options.formats = chosen_formats(options.formats)
    options.own = read_own_labels(options.prototypes) if options.prototypes else None
    named = [DEMO_CLIP if str(clip) == "demo" and not clip.exists() else clip for clip in options.clips]
    clips = clips_of(named, recursive=options.recursive)
    names = result_names(clips)
    tasks = [(clip, options.out / name, options) for clip, name in zip(clips, names, strict=True)]
    status = 0
    problems: list[str | None] = [None] * len(clips)
    for row, ended in _side_by_side(tasks) if min(options.jobs, len(tasks)) > 1 else _in_turn(tasks):
        status = ended.status if ended.status == UNREADABLE else status or ended.status
        problems[row] = ended.problem
        if ended.problem is not None:
            print(complaint(ended.problem), file=sys.stderr)
        elif ended.line and not options.quiet:
            print(ended.line, flush=True)
    entries = [Entry(*each) for each in zip(clips, names, problems, strict=True)]
    return (_index(entries, options) or status) if len(clips) > 1 else status


def _index(entries: "Sequence[Entry]", options: argparse.Namespace) -> int:
    from cer.results.index import INDEX, write_index

    try:
        write_index(entries, options.out)
    except OSError as error:
        print(complaint(unwritten(options.out, error)), file=sys.stderr)
        return UNWRITTEN
    if not options.quiet:
        print(f"index: {printable(str(options.out / INDEX))}")
    return 0


Task = tuple[Path, Path, argparse.Namespace]


def _in_turn(tasks: Sequence[Task]) -> Iterator[tuple[int, Ended]]:
    for row, (clip, folder, options) in enumerate(tasks):
        progress = bar(printable(clip.name)) if sys.stderr.isatty() and not options.quiet else silent
        yield row, analyze_clip(clip, folder, options, progress)


def _side_by_side(tasks: Sequence[Task]) -> Iterator[tuple[int, Ended]]:
    from cer.pool import DIED, Died, spread

    for row, ended in spread(_task, tasks, tasks[0][2].jobs):
        yield row, Ended(UNREADABLE, f"{tasks[row][0].name}: {DIED}.") if isinstance(ended, Died) else ended


def _task(task: Task) -> Ended:
    return analyze_clip(*task, silent)


def analyze_clip(clip: Path, folder: Path, options: argparse.Namespace, progress: Progress) -> Ended:
    """Analyze one clip, unless its results are there already."""
    from cer.clips import Wanted, is_done

    labels = options.own.sha256 if options.own else ""
    wanted = Wanted(options.profile, options.person, options.schema, options.video, options.formats, labels)
    try:
        if not options.overwrite and is_done(clip, folder, wanted):
            before = f"{clip.name}: analyzed before, see {folder / 'report.html'}; --overwrite does it again"
            return Ended(0, None, printable(before))
        return Ended(0, None, summary(run(clip, folder, options, progress), folder))
    except ClipError as error:
        return Ended(UNREADABLE, str(error))
    except CerError as error:
        return Ended(2, str(error))
    except OSError as error:
        return Ended(UNWRITTEN, unwritten(folder, error))


def run(clip: Path, folder: Path, options: argparse.Namespace, progress: Progress) -> Analysis:
    """Analyze one clip and write its files in place of those that an earlier run left; a clip that cannot be read
    leaves none.
    """
    from cer.adapt import with_own_labels
    from cer.pipeline import analyze
    from cer.results.export import ANNOTATED, remove_results, write_files
    from cer.results.formats import write_formats

    remove_results(folder)
    analysis = analyze(clip, profile=options.profile, device=options.device, person=options.person, progress=progress)
    analysis = with_own_labels(analysis, options.own)
    write_files(analysis, folder, schema=options.schema)
    write_formats(analysis, folder, options.formats)
    if options.video and analysis.clip.has_video:
        from cer.results.overlay import annotate

        progress("writing the annotated clip", 0.95)
        annotate(analysis, folder / ANNOTATED)
    return analysis


def summary(analysis: Analysis, folder: Path) -> str:
    """What is printed about a clip: the verdict, the segments, what is absent and where the files are."""
    from cer.results.document import document

    described = document(analysis)
    lines = [f"{analysis.clip.name} ({clock(analysis.clip.duration)})", f"  {described['summary']['sentence']}"]
    if own := own_labels_line(analysis):
        lines.append(f"  {own}")
    for segment, statement in zip(described["segments"][:12], analysis.statements, strict=False):
        speech = f'  "{segment["transcript"]}"' if segment["transcript"] else ""
        forced = f"  [{segment['label']} {max(segment['compound']):.0%} of the seven]" if segment["label"] else ""
        lines.append(f"  {clock(segment['start'])}-{clock(segment['end'])}  {stated(statement)}{forced}{speech}")
    if len(described["segments"]) > 12:
        lines.append(f"  ... {len(described['segments']) - 12} more segments")
    for name in MODALITIES:
        reasons = list(dict.fromkeys(reason for reason in analysis.predictions[name].reasons if reason))
        if reasons:
            share = "" if not analysis.predictions[name].present.any() else "partly "
            lines.append(f"  {name} is {share}absent: {'; '.join(reasons)}")
    lines.append(f"  report: {folder / 'report.html'}")
    return "\n".join(map(printable, lines))
