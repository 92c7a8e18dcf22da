"""Analysing for a visitor: progress that moves, cancel that ends the work, errors in people's words."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from queue import Empty, Queue
from threading import Thread

import gradio as gr

from cer.errors import CerError
from cer.media import probe
from cer.pipeline import Observation, observe
from cer.profiles import DEFAULT

from .words import say

PROFILE = os.environ.get("CER_PROFILE", DEFAULT)
LONGEST = 10 * 60.0  # seconds, of a clip that the page takes
TELL = 0.3  # seconds between two reports of progress: each costs the visitor's browser a redraw
Tell = Callable[[float, str], None]  # the fraction done, and of what


class _Cancelled(Exception):
    """The visitor does not wait for this analysis any more."""


def refuse(message: str) -> gr.Error:
    """An error to raise that is shown to the visitor until it is closed, and not logged."""
    return gr.Error(message, duration=None, print_exception=False)


def watch(clip: str | None, tell: Tell) -> Iterator[Observation]:
    """Observe a clip in a thread of its own and yield what was seen; closing this generator (the cancel button, a
    closed browser) ends the work.

    Raises CerError when the clip cannot be read, and gr.Error when there is none or it is too long.
    """
    if not clip:
        raise refuse(say("clip.none"))
    found = probe(clip)
    if found.duration > LONGEST:
        raise refuse(say("clip.long", minutes=found.duration / 60, limit=f"{LONGEST / 60:.0f}"))
    news: Queue[tuple[str, float] | Observation | BaseException] = Queue()
    wanted, told = True, 0.0

    def progress(stage: str, fraction: float) -> None:
        nonlocal told
        if not wanted:
            raise _Cancelled
        if fraction == 1 or time.monotonic() - told > TELL:
            told = time.monotonic()
            news.put((stage, fraction))

    def work() -> None:
        try:
            news.put(observe(found, profile=PROFILE, progress=progress))
        except BaseException as error:
            news.put(error)

    Thread(target=work, daemon=True).start()
    try:
        while True:
            try:
                item = news.get(timeout=0.2)
            except Empty:
                continue
            if isinstance(item, Observation):
                yield item
                return
            if isinstance(item, BaseException):
                raise item
            tell(item[1], item[0])
    finally:
        wanted = False


def in_words(error: Exception) -> gr.Error:
    """What a visitor is told about an error. What is not ours is logged by its kind only: messages may quote a clip."""
    if isinstance(error, gr.Error):
        return error
    if isinstance(error, CerError):
        return refuse(str(error))
    logging.getLogger(__name__).error("analysis failed: %s", type(error).__name__)
    return refuse(say("clip.broken"))
