"""The page's functions, without a browser: they return the results of the same clip on the command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest

import app
from cer.analysis import Analysis

from .clips import DEMO


class _Silent:
    def __call__(self, fraction: float, desc: str = "") -> None:
        """Takes the place of gr.Progress."""


def test_the_page_builds_and_names_its_endpoint() -> None:
    page = app.build()
    names = [function.api_name for function in page.fns.values()]
    assert "analyze" in names


def test_a_clip_on_the_page_gives_the_command_lines_document(analysis: Analysis) -> None:
    (shown,) = list(app.analyze(str(DEMO), _Silent()))  # type: ignore[arg-type]
    sentence, paths = shown[2], shown[9]
    assert sentence.startswith("## Mostly")
    document = json.loads(next(Path(path) for path in paths if path.endswith("analysis.json")).read_text())
    assert {**document, "timings": 0} == {**json.loads(analysis.to_json()), "timings": 0}


def test_closing_the_generator_ends_the_work() -> None:
    seen: list[float] = []

    class Watching(_Silent):
        def __call__(self, fraction: float, desc: str = "") -> None:
            seen.append(fraction)
            if len(seen) == 3:
                raise GeneratorExit  # what Gradio does on cancel

    running: Iterator[object] = app.watch(str(DEMO), Watching())  # type: ignore[arg-type]
    with pytest.raises(GeneratorExit):
        next(running)
    assert len(seen) == 3


@pytest.mark.parametrize("given", [None, ""])
def test_no_clip_is_said_in_words(given: str | None) -> None:
    with pytest.raises(gr.Error, match="Give a clip first"):
        list(app.analyze(given, _Silent()))  # type: ignore[arg-type]


def test_an_unreadable_clip_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("dear diary")
    with pytest.raises(gr.Error, match=r"notes\.mp4"):
        list(app.analyze(str(tmp_path / "notes.mp4"), _Silent()))  # type: ignore[arg-type]


def test_a_segment_moves_the_video_to_its_start(analysis: Analysis) -> None:
    _, _, video = app.choose_segment(analysis, 2)
    assert video["playback_position"] == 4.0
