"""The command line: what each command does; `cer.arguments` says what it takes."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cer.arguments import parser
from cer.command_analyze import UNREADABLE, UNWRITTEN, analyze_clips
from cer.console import bar, complaint, tolerant_output, unwritten
from cer.errors import CerError
from cer.memory import limit_arenas
from cer.modalities.registry import PROFILES, choose
from cer.names import printable

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0, 1 when results could not be written, 2 for wrong usage, 3
    when a clip could not be read.
    """
    limit_arenas()
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
        print(complaint(error), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("cer: interrupted; what was finished is kept.", file=sys.stderr)
        return INTERRUPTED


def _adapt(options: argparse.Namespace) -> int:
    from cer.adapt import adapt

    choose(options.profile)
    report = (lambda line: None) if options.quiet else (lambda line: print(printable(line), flush=True))
    try:
        if options.out.is_dir():
            raise CerError(f"--out {options.out}: is a folder; give the name of a file.")
        options.out.parent.mkdir(parents=True, exist_ok=True)
        own = adapt(options.examples, profile=options.profile, report=report)
        own.save(options.out)
    except OSError as error:
        print(complaint(unwritten(options.out, error)), file=sys.stderr)
        return UNWRITTEN
    if not options.quiet:
        print(printable(f"{options.out}: {', '.join(own.labels)}"))
    return 0


def _annotate(options: argparse.Namespace) -> int:
    try:
        from cer.archive.annotate import annotate, in_a_line, shard_of
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "cer":
            raise
        raise CerError(
            f"annotate needs {error.name}, which is not installed. Run `pip install 'compound-expressions[eval]'`."
        ) from error
    choose(options.profile)
    outcome = annotate(
        options.source,
        options.out,
        profile=options.profile,
        workers=options.jobs,
        engine=options.engine,
        part_of=shard_of(options.shard),
        retry=options.retry,
        report=(lambda line: None) if options.quiet else (lambda line: print(line, file=sys.stderr, flush=True)),
    )
    if not options.quiet:
        print(printable(in_a_line(outcome, options.out)))
    return UNREADABLE if outcome.failed else 0


def _app(options: argparse.Namespace) -> int:
    if options.prototypes:
        os.environ["CER_PROTOTYPES"] = str(options.prototypes)  # the page reads it when it is imported
    try:
        from cer.web.app import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("cer", "eval"):
            raise
        raise CerError(
            f"the page needs {error.name}, which is not installed. Run `pip install 'compound-expressions[web]'`."
        ) from error
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
            hub.fetch(model, progress=bar(name) if sys.stderr.isatty() else None, patience=float("inf"))
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


COMMANDS = {
    "adapt": _adapt,
    "analyze": analyze_clips,
    "annotate": _annotate,
    "app": _app,
    "doctor": _doctor,
    "models": _models,
    "space": _space,
}
