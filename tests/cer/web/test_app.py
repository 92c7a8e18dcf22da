"""The page's functions, without a browser: they return the results of the same clip on the command line."""

import json
import re
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

from cer.files import DEMO_CLIP
from cer.media.reader import probe
from cer.results.analysis import Analysis
from cer.results.document import to_json
from cer.results.link import from_link
from cer.web import app, handlers, player
from cer.web.example import EXAMPLES
from tests.clips import DEMO, noise, still, write_clip


class _Silent:
    def __call__(self, fraction: float, desc: str = "") -> None:
        """Takes the place of gr.Progress."""


def result(clip: Path) -> list[Any]:
    """What a visitor is shown at the end, in the order of `shown`: the verdict first."""
    *_, last = handlers.analyze_one(str(clip))
    return last[4:]


def test_the_page_builds_and_offers_three_endpoints_to_programs() -> None:
    page = app.build()
    public = {function.api_name for function in page.fns.values() if function.api_visibility == "public"}
    assert public == {"analyze", "analyze_batch", "evaluate"}


def test_a_clip_on_the_page_gives_the_command_lines_document(analysis: Analysis) -> None:
    sentence, *_, shown, _, _, _, _ = result(DEMO)
    assert "happiness" in sentence
    paths = [Path(path) for path in handlers.files(shown)[0]["value"]]
    assert {path.suffix for path in paths} >= {".json", ".csv", ".html", ".srt", ".vtt", ".eaf", ".TextGrid", ".png"}
    document = json.loads(next(path for path in paths if path.suffix == ".json").read_text())
    assert {**document, "timings": 0} == {**json.loads(to_json(analysis)), "timings": 0}


def test_until_the_result_a_visitor_sees_progress_and_nothing_of_the_clip_before() -> None:
    first, *later = handlers.analyze_one(str(DEMO))
    assert 'role="status"' in first[0]
    _, observed, person, clip, sentence, lanes, table, *_ = first
    assert (observed, sentence, lanes, table) == (None, "", "", "")
    assert person["visible"] is False
    assert set(clip) == {"__type__"}  # skipped
    assert len(later) > 1
    assert all(set(update) == {"__type__"} for update in later[0][1:])
    assert "happiness" in later[-1][4]


def test_the_example_is_there_without_a_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cer.models.runtime.onnx_session", None)
    clip, _, _, observed, _, sentence, lanes, table, *_ = handlers.greet()
    assert Path(clip["value"]) == DEMO_CLIP
    assert "Hello there" in clip["subtitles"][0]["text"]
    assert observed.clip.name == "demo.mp4"
    assert "happiness" in sentence
    assert 'class="lanes"' in lanes
    assert 'class="now"' in table


def test_every_result_takes_the_curves_of_the_one_before_away_and_brings_its_own(analysis: Analysis) -> None:
    for update in (handlers.show(analysis)[-1], handlers.forget()[-2]):
        assert (update["value"], update["visible"]) == (None, False)
    config = app.build().config
    (plot,) = [each["id"] for each in config["components"] if each["type"] == "nativeplot"]
    drawn_after = {each["trigger_after"] for each in config["dependencies"] if each["outputs"] == [plot]} - {None}
    results = {each["id"] for each in config["dependencies"] if plot in each["outputs"] and len(each["outputs"]) > 1}
    assert drawn_after <= results
    # An analysis, another person by number or by face, a live session, an example.
    assert len(drawn_after) == 4 + len(EXAMPLES)


def test_a_new_clip_takes_the_old_result_away() -> None:
    originals, _, observed, _, sentence, lanes, table, *_ = handlers.forget()
    assert observed is None
    assert originals is None
    assert (lanes, table) == ("", "")
    assert "Press Analyze" in sentence


def test_another_clip_does_not_keep_the_last_ones_subtitles() -> None:
    clip, *_ = handlers.choose_clip("other.mp4")
    assert (clip["value"], clip["subtitles"]) == ("other.mp4", [])


def test_what_is_analyzed_is_the_clip_and_not_its_preview(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "mine.mp4", still(np.arange(0, 2, 0.1).tolist(), noise()))
    path, originals, note = handlers.preview(str(clip))
    assert "preview" in note
    assert probe(path).has_video
    *_, shown = handlers.analyze_one(path, originals)
    assert shown[1].clip.name == "mine.mp4"


def test_a_recording_without_a_picture_shows_its_waveform(tmp_path: Path) -> None:
    sound = write_clip(tmp_path / "sound.mka", [], sound=0.5 * np.sin(np.arange(32_000) / 10).astype(np.float32))
    path, _, note = handlers.preview(str(sound))
    assert "waveform" in note
    made = probe(path)
    assert made.has_video
    assert made.has_audio
    assert made.duration == pytest.approx(2, abs=0.3)


def test_subtitles_are_what_was_said_at_its_times(analysis: Analysis) -> None:
    *_, shown = handlers.analyze_one(str(DEMO))
    subtitles = shown[3]["subtitles"]
    assert [entry["text"] for entry in subtitles] == [entry.text for entry in analysis.transcript]
    assert all(0 <= entry["timestamp"][0] < entry["timestamp"][1] <= 10.5 for entry in subtitles)


@pytest.mark.parametrize("path", [None, ""])
def test_no_clip_is_said_in_words(path: str | None) -> None:
    with pytest.raises(gr.Error, match="Upload or record a clip first"):
        list(handlers.analyze_one(path))


def test_an_unreadable_clip_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("dear diary")
    with pytest.raises(gr.Error, match=r"notes\.mp4"):
        list(handlers.analyze_one(str(tmp_path / "notes.mp4")))


def test_a_segment_has_its_charts_and_a_moment_finds_its_segment(analysis: Analysis) -> None:
    bars, _ = handlers.choose_segment(analysis, 2)
    assert bars != handlers.choose_segment(analysis, -1)[0]
    assert player.player_data(analysis)["starts"][:3] == [0, 2, 4]
    event = gr.EventData(None, {"time": 6.1})
    row, bars, fused = handlers.choose_moment(analysis, event)
    assert row == 2  # 4 to 8 s, whose middle is nearest
    assert "happiness" in bars
    assert "Happily Surprised" in fused


def test_too_many_clips_are_refused_before_any_work() -> None:
    with pytest.raises(gr.Error, match="21 clips"):
        next(handlers.analyze_many([str(DEMO)] * 21, _Silent()))  # type: ignore[arg-type]


def test_a_link_opens_the_result_without_clip_faces_and_words(analysis: Analysis) -> None:
    _, button = handlers.files(analysis)
    link = re.search('data-link="([^"]+)"', button)
    assert link
    clip, originals, note, observed, _, sentence, lanes, *rest = handlers.arrive(link[1])
    assert (clip["value"], originals, observed) == (None, None, None)
    assert "shared this result" in note
    assert sentence == handlers.show(analysis)[0]
    assert 'class="lane stated"' in lanes
    assert 'class="lane words"' not in lanes
    assert "<img" not in "".join(part for part in rest if isinstance(part, str))
    with pytest.raises(gr.Error, match="only its numbers"):
        handlers.annotated(from_link(link[1]))


def test_a_broken_link_is_said_to_be_broken_and_no_link_is_the_example() -> None:
    with pytest.raises(gr.Error, match="incomplete"):
        handlers.arrive("abc")
    assert "happiness" in handlers.arrive("")[5]
