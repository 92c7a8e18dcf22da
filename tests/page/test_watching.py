from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest

from cer.errors import ClipError
from page import watching
from page.watching import in_words, watch

from ..clips import DEMO


def test_closing_the_generator_ends_the_work() -> None:
    seen: list[float] = []

    def tell(fraction: float, stage: str) -> None:
        seen.append(fraction)
        if len(seen) == 3:
            raise GeneratorExit  # what Gradio does on cancel

    running: Iterator[object] = watch(str(DEMO), tell)
    with pytest.raises(GeneratorExit):
        next(running)
    assert len(seen) == 3


def test_a_clip_that_is_too_long_is_refused_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LONGEST", 5.0)
    with pytest.raises(gr.Error, match="up to 0"):
        next(watch(str(DEMO), lambda fraction, stage: None))


def test_errors_of_ours_are_said_and_others_are_not_quoted(caplog: pytest.LogCaptureFixture) -> None:
    assert "a.mp4: empty" in str(in_words(ClipError("a.mp4: empty")).message)
    secret = in_words(RuntimeError("/home/somebody/private.mp4 said hello"))
    assert "private" not in str(secret.message)
    assert "private" not in caplog.text
    assert "RuntimeError" in caplog.text


def test_a_missing_file_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="no such file"):
        next(watch(str(tmp_path / "gone.mp4"), lambda fraction, stage: None))
