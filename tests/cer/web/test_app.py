"""The page's functions, without a browser: they return the results of the same clip on the command line."""

import json
from pathlib import Path

import gradio as gr
import pytest

from cer.results.analysis import Analysis
from cer.results.document import to_json
from cer.web import app, charts, handlers
from tests.clips import DEMO


class _Silent:
    def __call__(self, fraction: float, desc: str = "") -> None:
        """Takes the place of gr.Progress."""


def test_the_page_builds_and_offers_three_endpoints_to_programs() -> None:
    page = app.build()
    public = {function.api_name for function in page.fns.values() if function.api_visibility == "public"}
    assert public == {"analyze", "analyze_batch", "evaluate"}


def test_a_clip_on_the_page_gives_the_command_lines_document(analysis: Analysis) -> None:
    *waiting, shown = handlers.analyze_one(str(DEMO), _Silent())  # type: ignore[arg-type]
    assert all(isinstance(update, dict) for beat in waiting for update in beat)  # nothing changes before
    sentence, paths = shown[3], handlers.show_rest(shown[10])[1]["value"]
    assert "happiness" in sentence
    document = json.loads(next(Path(path) for path in paths if path.endswith("analysis.json")).read_text())
    assert {**document, "timings": 0} == {**json.loads(to_json(analysis)), "timings": 0}


def test_subtitles_are_what_was_said_at_its_times(analysis: Analysis) -> None:
    *_, shown = handlers.analyze_one(str(DEMO), _Silent())  # type: ignore[arg-type]
    subtitles = shown[2]["subtitles"]
    assert [entry["text"] for entry in subtitles] == [entry.text for entry in analysis.transcript]
    assert all(0 <= entry["timestamp"][0] < entry["timestamp"][1] <= 10.5 for entry in subtitles)


@pytest.mark.parametrize("path", [None, ""])
def test_no_clip_is_said_in_words(path: str | None) -> None:
    with pytest.raises(gr.Error, match="Upload or record a clip first"):
        list(handlers.analyze_one(path, _Silent()))  # type: ignore[arg-type]


def test_an_unreadable_clip_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("dear diary")
    with pytest.raises(gr.Error, match=r"notes\.mp4"):
        list(handlers.analyze_one(str(tmp_path / "notes.mp4"), _Silent()))  # type: ignore[arg-type]


def test_a_segment_has_its_charts_and_a_moment_finds_its_segment(analysis: Analysis) -> None:
    bars, _ = handlers.choose_segment(analysis, 2)
    assert bars != handlers.choose_segment(analysis, -1)[0]
    assert 'data-starts="0.000,2.000,4.000' in charts.timeline(analysis)
    event = gr.EventData(None, {"time": 6.1})
    row, bars, fused = handlers.choose_moment(analysis, event)
    assert row == 2  # 4 to 8 s, whose middle is nearest
    assert "happiness" in bars
    assert "Happily Surprised" in fused


def test_too_many_clips_are_refused_before_any_work() -> None:
    with pytest.raises(gr.Error, match="21 clips"):
        next(handlers.analyze_many([str(DEMO)] * 21, _Silent()))  # type: ignore[arg-type]
