"""The command line: what each command does; `cer.arguments` says what it takes."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cer.arguments import parser
from cer.console import tolerant_output
from cer.errors import CerError, ClipError
from cer.files import DEMO_CLIP
from cer.labels import MODALITIES
from cer.modalities.registry import PROFILES, choose
from cer.names import printable, result_names
from cer.progress import Progress, silent
from cer.results.analysis import Analysis
from cer.results.wording import clock, own_labels_line, stated

UNREADABLE = 3  # exit status when a clip could not be read
UNWRITTEN = 1  # exit status when results could not be written
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0, 1 when results could not be written, 2 for wrong usage, 3
    when a clip could not be read.
    """
    with tolerant_output(), ended_as_interrupted():
        return _main(arguments)


@contextmanager
def ended_as_interrupted() -> Iterator[None]:
    """Whoever ends the process politely gets what Ctrl-C gives: temporary files are removed, finished results stay."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _main(arguments: list[str] | None) -> int:
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        return COMMANDS[options.command](options)
    except CerError as error:
        print(_one_line(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("cer: interrupted; what was finished is kept.", file=sys.stderr)
        return INTERRUPTED


def _analyze(options: argparse.Namespace) -> int:
    from cer.clips import clips_of
    from cer.fusion.own_labels import read_own_labels
    from cer.results.formats import chosen_formats
    from cer.results.index import INDEX, Entry, write_index

    choose(options.profile)
    options.formats = chosen_formats(options.formats)
    options.own = read_own_labels(options.prototypes) if options.prototypes else None
    named = [DEMO_CLIP if str(clip) == "demo" and not clip.exists() else clip for clip in options.clips]
    clips = clips_of(named, recursive=options.recursive)
    status, entries = 0, []
    for clip, name in zip(clips, result_names(clips), strict=True):
        failure, problem = _analyze_clip(clip, options.out / name, options)
        status = failure if failure == UNREADABLE else status or failure
        entries.append(Entry(clip, name, problem))
    if len(clips) > 1:
        try:
            write_index(entries, options.out)
        except OSError as error:
            print(_one_line(_unwritten(options.out, error)), file=sys.stderr)
            return status or UNWRITTEN
        if not options.quiet:
            print(f"index: {printable(str(options.out / INDEX))}")
    return status


def _analyze_clip(clip: Path, folder: Path, options: argparse.Namespace) -> tuple[int, str | None]:
    """Exit status of one clip, and why it has no results; a line is printed about it."""
    from cer.clips import Wanted, is_done

    progress = _bar(printable(clip.name)) if sys.stderr.isatty() and not options.quiet else silent
    labels = options.own.labels if options.own else ()
    wanted = Wanted(options.profile, options.person, options.schema, options.video, options.formats, labels)
    try:
        if not options.overwrite and is_done(clip, folder, wanted):
            if not options.quiet:
                print(
                    printable(f"{clip.name}: analyzed before, see {folder / 'report.html'}; --overwrite does it again")
                )
            return 0, None
        analysis = run(clip, folder, options, progress)
    except ClipError as error:
        status, problem = UNREADABLE, str(error)
    except CerError as error:
        status, problem = 2, str(error)
    except OSError as error:
        status, problem = UNWRITTEN, _unwritten(folder, error)
    else:
        if not options.quiet:
            print(summary(analysis, folder))
        return 0, None
    print(_one_line(problem), file=sys.stderr)
    return status, problem


def _unwritten(folder: Path, error: OSError) -> str:
    return f"{folder}: the results cannot be written ({error.strerror or error})."


def _adapt(options: argparse.Namespace) -> int:
    from cer.adapt import adapt

    choose(options.profile)
    report = (lambda line: None) if options.quiet else (lambda line: print(printable(line), flush=True))
    own = adapt(options.examples, profile=options.profile, report=report)
    try:
        own.save(options.out)
    except OSError as error:
        print(_one_line(_unwritten(options.out, error)), file=sys.stderr)
        return UNWRITTEN
    if not options.quiet:
        print(printable(f"{options.out}: {', '.join(own.labels)}"))
    return 0


def _app(options: argparse.Namespace) -> int:
    try:
        from cer.web.app import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("cer", "eval"):
            raise
        raise CerError(
            f"the page needs {error.name}, which is not installed. Run `pip install 'compound-expressions[web]'`."
        ) from error
    if options.prototypes:
        os.environ["CER_PROTOTYPES"] = str(options.prototypes)
    serve(server_name=options.host, server_port=options.port, inbrowser=options.open)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from cer.doctor import WRONG, examine

    status = 0
    for finding in examine():
        print(printable(f"{finding.state:<6}{finding.topic:<18}{finding.text}"), flush=True)
        status = 1 if finding.state == WRONG else status
    return status


def _models(options: argparse.Namespace) -> int:
    from cer.models import hub

    everything = list(hub.MODELS) if options.what == "list" else sorted({*PROFILES["paper"].values(), "whisper"})
    names = options.names or everything
    unknown = [name for name in names if name not in hub.MODELS]
    if unknown:
        raise CerError(f"{', '.join(unknown)}: no such model; there is: {', '.join(hub.MODELS)}.")
    status = 0
    for name in names:
        model = hub.MODELS[name]
        if options.what == "download":
            hub.fetch(model, progress=_bar(name) if sys.stderr.isatty() else None, patience=float("inf"))
        folder = hub.find(model)
        where = str(folder) if folder else "not on this disk"
        print(f"{name:<15} {model.size:>6} MB  {model.license:<27} {model.serves:<25} {model.repo} @ {model.revision}")
        if options.what == "list":
            print(f"  {where}")
        else:
            wrong = [f"{file}: {what}" for file, what in hub.check(folder) if what] if folder else []
            print("\n".join(f"  {line}" for line in wrong or [f"{'right: ' if folder else ''}{where}"]))
            status = 1 if wrong or not folder else status
    return status


def _space(options: argparse.Namespace) -> int:
    from cer.web import space

    choose(options.profile)
    if options.dry_run:
        print(space.listing(options.name, options.profile))
    else:
        create = options.what == "create"
        print(
            space.send(options.name, options.profile, create=create, private=options.private, hardware=options.hardware)
        )
    return 0


def run(clip: Path, folder: Path, options: argparse.Namespace, progress: Progress) -> Analysis:
    """Analyze one clip and write its files in place of those that an earlier run left; a clip that cannot be read
    leaves none.
    """
    from cer.adapt import with_own_labels
    from cer.pipeline import analyze
    from cer.results.export import ANNOTATED, remove_results, write_files
    from cer.results.formats import write_formats
    from cer.results.overlay import annotate

    remove_results(folder)
    analysis = analyze(clip, profile=options.profile, device=options.device, person=options.person, progress=progress)
    analysis = with_own_labels(analysis, options.own)
    write_files(analysis, folder, schema=options.schema)
    write_formats(analysis, folder, options.formats)
    if options.video and analysis.clip.has_video:
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


def _bar(name: str) -> Progress:
    def show(stage: str, fraction: float) -> None:
        filled = int(30 * fraction)
        end = "\r" if fraction < 1 else "\r\033[K"
        print(f"\r\033[K{name} [{'#' * filled}{'.' * (30 - filled)}] {stage}", end=end, file=sys.stderr, flush=True)

    return show


def _one_line(error: Exception | str) -> str:
    return "cer: " + printable(" ".join(str(error).split()))


COMMANDS = {"adapt": _adapt, "analyze": _analyze, "app": _app, "doctor": _doctor, "models": _models, "space": _space}
