"""One clip on the page, from choosing it to its files, in a real browser."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cer.media.reader import probe
from cer.results.analysis import Analysis
from cer.results.document import to_json
from cer.web import watching
from tests.browser.visiting import WAIT, analyze, cursor, give, lanes_ready, moved, opened, until
from tests.clips import DEMO, noise, still, write_clip

DATA = Path(os.environ.get("DATA", Path(__file__).parents[3] / "shared" / "data"))  # as in the Makefile


def test_a_clip_is_understood_in_a_browser(visitor: Any, analysis: Analysis, tmp_path: Path) -> None:
    """Verdict, lanes both ways, segment, downloads."""
    analyze(visitor, DEMO)
    assert "happiness" in visitor.locator("#verdict").inner_text()
    opened(visitor, "details").locator(".panel").first.wait_for(timeout=WAIT)
    assert visitor.locator("#modalities .panel").count() == 6
    area = visitor.locator(".lanes .over").bounding_box()
    visitor.mouse.click(area["x"] + 0.6 * area["width"], area["y"] + 40)
    moved(visitor, 5.8, 6.2)
    assert cursor(visitor) == pytest.approx(60, abs=1)
    assert visitor.locator("#sources .moment").inner_text() in ("0:05", "0:06")
    visitor.wait_for_function("document.querySelector('#segment input').value === '0:04 to 0:08'", timeout=WAIT)
    lanes = visitor.locator(".lanes")
    lanes.focus()
    visitor.keyboard.press("ArrowRight")
    moved(visitor, 6.8, 7.2)
    assert lanes.get_attribute("aria-valuetext").startswith("0:07 ")
    visitor.evaluate("document.querySelector('#clip video').currentTime = 2.5")
    visitor.wait_for_function("document.querySelector('.lanes').ariaValueNow.startsWith('2.5')", timeout=WAIT)
    visitor.locator("#segment input").click()
    visitor.get_by_role("option", name="0:02 to 0:06").click()
    moved(visitor, 1.8, 2.4)
    opened(visitor, "downloads")
    for name in ("analysis.json", "segments.csv", "timeline.csv", "report.html", "subtitles.vtt", "annotations.eaf"):
        with visitor.expect_download() as download:
            visitor.get_by_role("link", name=name).or_(visitor.locator(f'a[download="{name}"]')).first.click()
        download.value.save_as(tmp_path / name)
    document = json.loads((tmp_path / "analysis.json").read_text())
    assert {**document, "timings": 0} == {**json.loads(to_json(analysis)), "timings": 0}
    assert len((tmp_path / "segments.csv").read_text().splitlines()) == 1 + len(analysis.segments)
    assert (tmp_path / "report.html").read_text().count('class="lane compound"') == 7
    visitor.get_by_role("button", name="Make the annotated clip").click()
    film = visitor.locator("#annotated video")
    film.wait_for(timeout=WAIT)
    sent = visitor.request.get(film.get_attribute("src"))
    (tmp_path / "annotated.mp4").write_bytes(sent.body())
    assert probe(tmp_path / "annotated.mp4").duration == pytest.approx(analysis.clip.duration, abs=0.2)


def test_there_is_a_sign_of_life_before_the_server_answers(visitor: Any) -> None:
    give(visitor, DEMO)
    visitor.route("**/queue/join*", lambda route: None)  # the server never hears of the click
    visitor.get_by_role("button", name="Analyze", exact=True).click()
    visitor.locator("#progress .state").wait_for(timeout=WAIT)
    assert "Starting" in visitor.locator("#progress").inner_text()
    visitor.unroute("**/queue/join*")


def test_who_waits_sees_how_many_come_before(visitor: Any) -> None:
    with watching.TURNS.turn(watching.TURNS.join()):
        give(visitor, DEMO)
        visitor.get_by_role("button", name="Analyze", exact=True).click()
        visitor.locator("#progress", has_text="before you: 1").wait_for(timeout=WAIT)
    visitor.locator("#lanes .lanes").wait_for(timeout=WAIT)


def test_a_clip_that_the_browser_cannot_play_is_shown_as_a_preview(visitor: Any, tmp_path: Path) -> None:
    times = np.arange(0, 3, 0.1).tolist()
    give(visitor, write_clip(tmp_path / "old.mp4", still(times, noise()), codec="mpeg4"))
    visitor.locator("#unplayable p").wait_for(timeout=WAIT)
    assert "preview" in visitor.locator("#unplayable").inner_text()
    visitor.wait_for_function("document.querySelector('#clip video').videoWidth > 0", timeout=WAIT)
    visitor.get_by_role("button", name="Analyze", exact=True).click()
    visitor.locator("#lanes .lanes").wait_for(timeout=WAIT)
    opened(visitor, "downloads")
    with visitor.expect_download() as download:
        visitor.locator('a[download="analysis.json"]').first.click()
    download.value.save_as(tmp_path / "analysis.json")
    assert json.loads((tmp_path / "analysis.json").read_text())["clip"]["name"] == "old.mp4"


@pytest.mark.parametrize("name", ["*wolfgang*", "*angry*", "sadtalker-ref*"])
def test_real_clips_of_this_machine_are_understood(visitor: Any, name: str) -> None:
    paths = sorted((DATA / "clips").glob(name))
    if not paths:
        pytest.skip(f"no clip {name} in {DATA / 'clips'}")
    analyze(visitor, paths[0])
    assert visitor.locator("#verdict").inner_text().endswith(".")
    area = visitor.locator(".lanes .over").bounding_box()
    end = float(visitor.locator(".lanes").get_attribute("aria-valuemax"))
    visitor.mouse.click(area["x"] + 0.5 * area["width"], area["y"] + 60)
    moved(visitor, end / 2 - 0.3, end / 2 + 0.3)


def test_a_dropped_clip_is_taken_and_nothing_is_blocked_by_the_pages_own_policy(visitor: Any) -> None:
    blocked: list[str] = []
    visitor.on("console", lambda line: blocked.append(line.text) if "Content Security Policy" in line.text else None)
    visitor.reload()
    visitor.locator("#lanes .lanes").wait_for(timeout=WAIT)
    dropped = visitor.evaluate_handle(
        """content => {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], "dropped.mp4", { type: "video/mp4" }));
            return transfer;
        }""",
        base64.b64encode(DEMO.read_bytes()).decode(),
    )
    visitor.dispatch_event("#lanes .lanes", "drop", {"dataTransfer": dropped})
    visitor.locator("#lanes .lanes").wait_for(state="detached", timeout=WAIT)
    visitor.get_by_role("button", name="Analyze", exact=True).click()
    visitor.locator("#lanes .lanes").wait_for(timeout=WAIT)
    assert blocked == []


def test_two_people_can_be_chosen_between(visitor: Any, tmp_path: Path, portrait: np.ndarray) -> None:
    head = portrait[:256, 100:356]
    other = (0.4 * head).astype(np.uint8)
    other[131:157, 98:148] = other[131:157, 98:148][::-1].copy()  # the same face in the dark, its mouth upside down
    image = np.concatenate([head, other[:, ::-1]], 1)
    analyze(visitor, write_clip(tmp_path / "two.mp4", still(np.arange(0, 5, 0.1).tolist(), image)))
    faces = visitor.locator("#people button")
    assert faces.count() == 2
    before = visitor.locator("#sources").inner_text()
    faces.nth(1).click()
    changed = "before => document.querySelector('#sources').innerText !== before"
    visitor.wait_for_function(changed, arg=before, timeout=WAIT)
    visitor.wait_for_function("document.querySelectorAll('#people button')[1].ariaPressed === 'true'", timeout=WAIT)


def test_a_clip_without_a_face_loses_what_needs_one_with_the_reason(visitor: Any, tmp_path: Path) -> None:
    analyze(visitor, write_clip(tmp_path / "noise.mp4", still(np.arange(0, 3, 0.1).tolist(), noise())))
    assert "no face" in visitor.locator("#sources").inner_text()
    opened(visitor, "details")
    absent = visitor.locator("#modalities .panel.absent")
    absent.first.wait_for(timeout=WAIT)
    assert absent.count() >= 4
    assert "no face" in absent.first.inner_text()
    assert "no audio track" in visitor.locator("#modalities").inner_text()


def test_a_clip_that_cannot_be_read_is_said_in_words(visitor: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(DEMO.read_bytes()[:3000])
    visitor.locator("#lanes .lanes").wait_for(timeout=WAIT)
    visitor.get_by_test_id("Choose a clip-upload-button").set_input_files(str(tmp_path / "broken.mp4"))
    visitor.locator("#lanes .lanes").wait_for(state="detached", timeout=WAIT)
    visitor.locator("#unplayable", has_text="broken.mp4:").wait_for(timeout=WAIT)
    assert visitor.get_by_test_id("toast-text").count() == 0  # Gradio's own: "Video not playable", and no more
    message = visitor.get_by_test_id("toast-text").get_by_text("broken.mp4:").first
    until(visitor, message, lambda: visitor.get_by_role("button", name="Analyze", exact=True).click())
    visitor.locator("#progress .state").wait_for(state="detached", timeout=WAIT)


def begin_long_work(visitor: Any, folder: Path) -> None:
    """Analyze a clip of two minutes; returns while the work on it goes on."""
    times = np.arange(0, 120, 0.2).tolist()
    give(visitor, write_clip(folder / "long.mp4", still(times, noise(360, 640))))
    visitor.get_by_role("button", name="Analyze", exact=True).click()
    while watching.TURNS.empty(0):
        visitor.wait_for_timeout(50)


def test_cancel_stops_and_the_next_analysis_works(visitor: Any, tmp_path: Path) -> None:
    begin_long_work(visitor, tmp_path)
    visitor.get_by_role("button", name="Cancel").first.click()
    visitor.get_by_text("Cancelled.").wait_for(timeout=WAIT)
    assert watching.TURNS.empty(WAIT / 1000), "the work goes on though nobody waits for it"
    line = visitor.locator("#lanes .lanes")
    assert line.count() == 0
    until(visitor, line, lambda: visitor.get_by_role("button", name="Analyze", exact=True).click())


def test_another_clip_ends_the_work_on_the_last_one(visitor: Any, tmp_path: Path) -> None:
    begin_long_work(visitor, tmp_path)
    visitor.get_by_role("button", name="Example: two people").click()
    visitor.locator("#people button").nth(1).wait_for(timeout=WAIT)
    assert watching.TURNS.empty(WAIT / 1000), "the work on the last clip goes on"
    visitor.locator("#progress .state").wait_for(state="detached", timeout=WAIT)
    assert visitor.locator("#people button").count() == 2


def test_two_visitors_at_once_get_their_own_results(browser: Any, served: str, tmp_path: Path) -> None:
    other = write_clip(tmp_path / "noise.mp4", still(np.arange(0, 3, 0.1).tolist(), noise()))
    contexts = [browser.new_context(), browser.new_context()]
    pages = [context.new_page() for context in contexts]
    for page, clip in zip(pages, (DEMO, other), strict=True):
        page.goto(served)
        page.get_by_role("button", name="Analyze", exact=True).wait_for()
        give(page, clip)
    for page in pages:
        page.get_by_role("button", name="Analyze", exact=True).click()
    for page in pages:
        page.locator("#lanes .lanes").wait_for(timeout=WAIT)
    first, second = (page.locator("#sources").inner_text() for page in pages)
    assert "no face" not in first
    assert "no face" in second
    ends = [page.locator(".lanes").get_attribute("aria-valuemax") for page in pages]
    assert ends[0] != ends[1]
    for context in contexts:
        context.close()


def test_a_german_browser_is_answered_in_german_while_another_is_answered_in_english(
    browser: Any, served: str, visitor: Any
) -> None:
    context = browser.new_context(locale="de-DE", viewport={"width": 1360, "height": 768})
    german = context.new_page()
    german.goto(served)
    lanes_ready(german)
    for page, name, language in ((german, "Auswerten", "de"), (visitor, "Analyze", "en")):
        page.get_by_role("button", name=name, exact=True).wait_for(timeout=WAIT)
        assert page.evaluate("document.documentElement.lang") == language
    assert "Freude" in german.locator("#verdict").inner_text()
    assert "happiness" in visitor.locator("#verdict").inner_text()
    assert all("__i18n__" not in page.locator("body").inner_text() for page in (german, visitor))

    german.locator("#choose").locator("xpath=..").locator("input[type=file]").set_input_files(str(DEMO))
    german.locator("#lanes .lanes").wait_for(state="detached", timeout=WAIT)
    assert "Auswerten" in german.locator("#verdict").inner_text()
    german.get_by_role("button", name="Auswerten", exact=True).click()
    german.locator("#lanes .lanes").wait_for(timeout=WAIT)
    german.locator("#progress .state").wait_for(state="detached", timeout=WAIT)
    assert "Freude" in german.locator("#verdict").inner_text()
    assert "freudig überrascht" in german.locator("#lanes").inner_text()

    german.get_by_role("tab", name="Vergleich").click()
    german.get_by_role("button", name="Vergleichen").click()
    german.get_by_text("Wählen Sie einen Clip oder zwei.").first.wait_for(timeout=WAIT)
    context.close()
