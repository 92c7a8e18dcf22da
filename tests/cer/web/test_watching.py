import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event

import gradio as gr
import numpy as np
import pytest

from cer.errors import ClipError
from cer.media.clip import Clip
from cer.media.reader import probe
from cer.observation import Observation
from cer.progress import Progress
from cer.results.analysis import Analysis
from cer.web import watching
from cer.web.turns import Turns
from cer.web.watching import user_message, watch
from tests.clips import DEMO, noise, still, write_clip

WAIT = 600  # seconds after which work that hangs fails the test; no result depends on it


def endless(ended: Event, started: Event) -> Callable[..., list[Observation]]:
    """An `observe_blocks` that never finishes, and says when it is told to."""

    def observe(clip: Clip, *, progress: Progress, **_: object) -> list[Observation]:
        started.set()
        try:
            while True:
                progress("for ever", 0.5)
                time.sleep(0.01)
        finally:
            ended.set()

    return observe


def test_closing_the_generator_ends_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, started = Event(), Event()
    monkeypatch.setattr(watching, "observe_blocks", endless(ended, started))
    monkeypatch.setattr(watching, "BEAT", 0.1)
    running = watch(str(DEMO), lambda fraction, stage: None)
    assert next(running) is None
    assert next(running) is None
    assert started.wait(WAIT)
    assert not ended.is_set()
    running.close()  # type: ignore[attr-defined]  # what becomes of it on cancel and when a browser is closed
    assert ended.wait(WAIT)


def test_the_next_analysis_waits_until_the_abandoned_one_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, started = Event(), Event()
    monkeypatch.setattr(watching, "observe_blocks", endless(ended, started))
    first = watch(str(DEMO), lambda fraction, stage: None)
    next(first)
    next(first)
    assert started.wait(WAIT)
    first.close()  # type: ignore[attr-defined]
    after: list[bool] = []

    def observe(clip: Clip, **_: object) -> list[Observation]:
        after.append(ended.is_set())
        raise ClipError("seen")

    monkeypatch.setattr(watching, "observe_blocks", observe)
    with pytest.raises(ClipError, match="seen"):
        list(watch(str(DEMO), lambda fraction, stage: None))
    assert after == [True]


def test_who_waits_is_told_how_many_come_before_and_how_long_that_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    ended, started, stages = Event(), Event(), list[str]()
    turns = Turns(2)
    monkeypatch.setattr(watching, "TURNS", turns)
    monkeypatch.setattr(watching, "observe_blocks", endless(ended, started))
    monkeypatch.setattr(watching, "BEAT", 0.1)
    first, second, third, fourth = (watch(str(DEMO), lambda fraction, stage: stages.append(stage)) for _ in range(4))
    next(first)
    assert started.wait(WAIT)
    stages.clear()
    next(second)
    next(third)
    assert stages == ["Waiting; before you: 1", "Waiting; before you: 2"]
    with pytest.raises(gr.Error, match="people are waiting"):
        next(fourth)
    turns._seconds.append(4.0)
    second.close()  # type: ignore[attr-defined]
    stages.clear()
    next(third)
    assert stages == ["Waiting; before you: 1, about 4 s"]
    third.close()  # type: ignore[attr-defined]
    first.close()  # type: ignore[attr-defined]
    assert ended.wait(WAIT)
    assert turns.empty(WAIT)


def test_what_is_known_of_a_long_clip_is_shown_before_its_end(tmp_path: Path) -> None:
    long = write_clip(tmp_path / "long.mp4", still(np.arange(0, 90, 0.2).tolist(), noise()))
    *before, last = [step for step in watch(str(long), lambda fraction, stage: None) if step is not None]
    assert isinstance(last, Observation)
    assert all(isinstance(step, Analysis) for step in before)
    counts = [len(step.segments) for step in before]
    assert counts == sorted(counts)
    assert counts[0] < len(last.segments) == counts[-1]


def test_a_clip_that_is_too_long_is_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MAX_DURATION", 5.0)
    with pytest.raises(gr.Error, match="up to 0"):
        list(watch(str(DEMO), lambda fraction, stage: None))


def test_a_clip_that_is_longer_than_its_header_says_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is decoded tells how long a clip is."""
    short = replace(probe(DEMO), duration=1.0)
    monkeypatch.setattr(watching, "probe", lambda path: short)
    monkeypatch.setattr(watching, "MAX_DURATION", 3.0)
    with pytest.raises(ClipError, match="goes on for longer"):
        list(watch(str(DEMO), lambda fraction, stage: None))


def test_errors_of_ours_are_said_and_others_are_not_quoted(caplog: pytest.LogCaptureFixture) -> None:
    assert "a.mp4: empty" in str(user_message(ClipError("a.mp4: empty")).message)
    secret = user_message(RuntimeError("/home/somebody/private.mp4 said hello"))
    assert "private" not in str(secret.message)
    assert "private" not in caplog.text
    assert "RuntimeError" in caplog.text


def test_a_missing_file_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="no such file"):
        list(watch(str(tmp_path / "gone.mp4"), lambda fraction, stage: None))
