"""Analyzing for a visitor: progress that moves, cancel that ends the work, errors in people's words."""

import logging
import os
import time
from collections.abc import Callable, Generator
from functools import wraps
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import ParamSpec, TypeVar

import gradio as gr

from cer.adapt import with_own_labels
from cer.errors import CerError, DataError
from cer.fusion.own_labels import read_own_labels
from cer.media.clip import Clip
from cer.media.reader import probe
from cer.memory import release_memory
from cer.modalities.registry import DEFAULT, resolve_profile
from cer.observation import Observation
from cer.pipeline import observe_blocks
from cer.results.analysis import Analysis
from cer.web.turns import Full, Turns
from cer.words import say

OWN_LABELS = read_own_labels(Path(os.environ["CER_PROTOTYPES"])) if "CER_PROTOTYPES" in os.environ else None
PROFILE = resolve_profile(os.environ.get("CER_PROFILE", DEFAULT))  # once: the models themselves fill the memory
MAX_DURATION = 10 * 60.0  # seconds, of a clip that the page takes
WAITING = 16  # visitors; the next one is told to come back
BEAT = 0.5  # seconds between two signs of life: Gradio can end a job only between two of its answers
REPORT_EVERY = 0.3  # seconds between two reports of progress: each costs the visitor's browser a redraw
Given = ParamSpec("Given")
Answer = TypeVar("Answer")
Tell = Callable[[float, str], None]  # the fraction done, and of what


def part_of(tell: Tell, number: int, count: int, prefix: str = "") -> Tell:
    """How the work on item `number` of `count` is told as a part of the whole, its stages after a prefix."""
    return lambda fraction, stage: tell((number + fraction) / count, prefix + stage)


class _Cancelled(Exception):
    """The visitor does not wait for this analysis any more."""


def refuse(message: str) -> gr.Error:
    """An error to raise that is shown to the visitor until it is closed, and not logged."""
    return gr.Error(message, duration=None, print_exception=False)


def conclude(observed: Observation, person: int | None = None) -> Analysis:
    """What is shown of an observation: its analysis, and what the labels that this page was started with say. They may
    be another profile's than the examples'.
    """
    analysis = observed.conclude(person)
    try:
        return with_own_labels(analysis, OWN_LABELS)
    except DataError:
        if observed.profile == PROFILE:
            raise
        return analysis


TURNS = Turns(WAITING)  # one clip is observed at a time: work that nobody waits for ends before the next begins


def watch(clip: str | None, tell: Tell) -> Generator[Observation | Analysis | None]:
    """Observe a clip in a thread of its own, when it is its turn, and yield what was seen; before that the Analysis of
    what is known after every block of a long clip, and None once a BEAT. Closing this generator (the cancel button, a
    closed browser) ends the work.

    Raises CerError when the clip cannot be read, and gr.Error when there is none, it is too long or too many wait.
    """
    probed, ticket = _admitted(clip)
    news: Queue[tuple[str, float] | Observation | Analysis | BaseException] = Queue()
    waiting, reported_at, heartbeat = True, 0.0, 0.0

    def progress(stage: str, fraction: float) -> None:
        nonlocal reported_at
        if not waiting:
            raise _Cancelled
        if fraction == 1 or time.monotonic() - reported_at > REPORT_EVERY:
            reported_at = time.monotonic()
            news.put((stage, fraction))

    def work() -> None:
        try:
            with TURNS.turn(ticket) as has_turn:
                if not waiting or not has_turn:
                    return
                for observed in observe_blocks(probed, profile=PROFILE, progress=progress, max_duration=MAX_DURATION):
                    news.put(conclude(observed))
                news.put(observed)
        except BaseException as error:
            news.put(error)
        finally:
            release_memory()

    Thread(target=work, daemon=True).start()
    try:
        while True:
            if time.monotonic() - heartbeat > BEAT:
                heartbeat = time.monotonic()
                if before := TURNS.before(ticket):
                    tell(0.0, _place(before))
                yield None
            try:
                item = news.get(timeout=0.2)
            except Empty:
                continue
            if isinstance(item, Observation | Analysis):
                yield item
                if isinstance(item, Observation):
                    return
                continue
            if isinstance(item, BaseException):
                raise item
            tell(item[1], item[0])
    finally:
        waiting = False
        TURNS.give_up(ticket)


def _admitted(clip: str | None) -> tuple[Clip, object]:
    """What a clip's header says, and a ticket for its turn. Raises as `watch` does."""
    if not clip:
        raise refuse(say("clip.none"))
    probed = probe(clip)
    if probed.duration > MAX_DURATION:
        raise refuse(say("clip.long", minutes=probed.duration / 60, limit=f"{MAX_DURATION / 60:.0f}"))
    try:
        return probed, TURNS.join()
    except Full:
        raise refuse(say("clip.full", limit=WAITING)) from None


def _place(before: int) -> str:
    """How many come before a visitor, and how long that may take, in words."""
    seconds = TURNS.wait(before)
    if seconds is None:
        return say("clip.place", before=before)
    return say("clip.place_and_wait", before=before, seconds=max(1, round(seconds)))


def user_message(error: Exception) -> gr.Error:
    """What a visitor is told about an error. What is not ours is logged by its kind only: messages may quote a clip."""
    if isinstance(error, gr.Error):
        return error
    if isinstance(error, CerError):
        return refuse(str(error))
    logging.getLogger(__name__).error("analysis failed: %s", type(error).__name__)
    return refuse(say("clip.broken"))


def user_message_for(handler: Callable[Given, Answer]) -> Callable[Given, Answer]:
    """An event's handler whose errors are shown in words that quote nothing of this machine."""

    @wraps(handler)
    def answered(*args: Given.args, **named: Given.kwargs) -> Answer:
        try:
            return handler(*args, **named)
        except Exception as error:
            raise user_message(error) from error

    return answered
