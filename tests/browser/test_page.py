"""What a person does on the page, in a real browser."""

import base64
import json
import os
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cer.media.reader import probe
from cer.results.analysis import Analysis
from cer.results.document import to_json
from cer.web import watching
from tests.browser.conftest import lanes_ready
from tests.clips import DEMO, noise, still, write_clip

WAIT = 120_000  # ms
DATA = Path(os.environ.get("DATA", Path(__file__).parents[3] / "shared" / "data"))  # as in the Makefile


def give(page: Any, clip: Path) -> None:
    """Choose a clip; the example's result goes."""
    page.locator("#lanes .lanes").wait_for(timeout=WAIT)
    page.get_by_test_id("Choose a clip-upload-button").set_input_files(str(clip))
    page.locator("#lanes .lanes").wait_for(state="detached", timeout=WAIT)
    page.locator("#clip video").wait_for(timeout=WAIT)


def hand(page: Any, field: str, file: Path) -> None:
    """A file for a field of a tab just opened; again, as a person would, when the page was not ready for it."""
    from playwright.sync_api import TimeoutError as TooLong

    shown = page.locator(field).get_by_text(file.suffix).first  # stem and suffix may stand apart
    for _ in range(4):
        with suppress(TooLong):
            page.locator(f"{field} input[type=file]").set_input_files(str(file), timeout=8_000)
            shown.wait_for(timeout=8_000)
        if shown.is_visible():
            return
    raise AssertionError(f"{field} never showed {file.name}")


def analyze(page: Any, clip: Path) -> None:
    give(page, clip)
    page.get_by_role("button", name="Analyze", exact=True).click()
    page.locator("#lanes .lanes").wait_for(timeout=WAIT)
    page.locator("#progress .state").wait_for(state="detached", timeout=WAIT)


def opened(page: Any, name: str) -> Any:
    """A part of the page that is folded away at first."""
    page.locator(f"#{name} button").first.click()
    return page.locator(f"#{name}")


def _until(page: Any, shown: Any, press: Callable[[], None]) -> None:
    """Press a button until something shows, as a person would who was a moment too early: it may be deaf until the
    last job has ended.
    """
    from playwright.sync_api import TimeoutError as TooLong

    for _ in range(WAIT // 20_000):
        press()
        with suppress(TooLong):
            shown.wait_for(timeout=20_000)
            return
    raise AssertionError("what the button does never showed")


def now(page: Any) -> float:
    return float(page.evaluate("document.querySelector('#clip video').currentTime"))


def moved(page: Any, low: float, high: float) -> None:
    """Wait until the video stands between two moments."""
    there = "([low, high]) => ((t) => low <= t && t <= high)(document.querySelector('#clip video').currentTime)"
    page.wait_for_function(there, arg=[low, high], timeout=WAIT)


def cursor(page: Any) -> float:
    """Share of the time line left of the cursor, in %."""
    return float(page.locator(".lanes .cursor").evaluate("line => parseFloat(line.style.left)"))


def test_the_finished_example_greets_a_visitor_and_plays(visitor: Any) -> None:
    visitor.locator("#lanes .lanes").wait_for(timeout=WAIT)
    assert "happiness" in visitor.locator("#verdict").inner_text()
    assert visitor.locator("#sources .moment").inner_text() == "Whole clip"
    box = visitor.locator("#clip .face-box")
    box.wait_for(timeout=WAIT)
    assert box.inner_text() == "Person 1"  # who is meant
    visitor.locator("#clip video").evaluate("video => { video.muted = true; video.play(); }")
    visitor.wait_for_function("/^0:0[1-9]/.test(document.querySelector('#sources .moment').textContent)", timeout=WAIT)
    assert "Person 1: " in box.inner_text()
    assert cursor(visitor) > 5


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
    assert (tmp_path / "report.html").read_text().count("<svg") >= 3
    visitor.get_by_role("button", name="Make the annotated clip").click()
    film = visitor.locator("#annotated video")
    film.wait_for(timeout=WAIT)
    sent = visitor.request.get(film.get_attribute("src"))
    (tmp_path / "annotated.mp4").write_bytes(sent.body())
    assert probe(tmp_path / "annotated.mp4").duration == pytest.approx(analysis.clip.duration, abs=0.2)


def test_dragging_zooms_and_escape_shows_the_whole_clip_again(visitor: Any) -> None:
    visitor.locator("#lanes .lanes").wait_for(timeout=WAIT)
    area = visitor.locator(".lanes .over").bounding_box()
    left, top, width = area["x"], area["y"] + 40, area["width"]
    visitor.mouse.move(left + 0.2 * width, top)
    visitor.mouse.down()
    visitor.mouse.move(left + 0.4 * width, top, steps=4)
    visitor.mouse.up()
    zoomed = visitor.locator(".lanes").evaluate("lanes => parseFloat(lanes.style.getPropertyValue('--zoom'))")
    assert zoomed == pytest.approx(5, abs=0.2)
    assert visitor.locator("#lanes .whole").is_visible()
    visitor.mouse.click(left + 0.5 * width, top)
    moved(visitor, 2.8, 3.3)  # the middle of what is shown, 2 to 4 s
    visitor.keyboard.press("Escape")
    assert visitor.locator(".lanes").evaluate("lanes => lanes.style.getPropertyValue('--zoom')") == "1"
    assert visitor.locator("#sources .moment").inner_text() == "Whole clip"


def test_keys_play_pause_and_jump_as_in_a_video_player(visitor: Any) -> None:
    visitor.locator("#lanes .lanes").wait_for(timeout=WAIT)
    visitor.locator("#clip video").evaluate("video => { video.muted = true; }")
    visitor.locator(".lanes").focus()
    visitor.keyboard.press("k")
    visitor.wait_for_function("!document.querySelector('#clip video').paused", timeout=WAIT)
    visitor.keyboard.press("k")
    visitor.wait_for_function("document.querySelector('#clip video').paused", timeout=WAIT)
    visitor.keyboard.press("l")
    moved(visitor, 9.5, 10.1)
    visitor.keyboard.press("Home")
    moved(visitor, 0, 0.05)


def test_a_moment_chosen_before_the_clip_has_arrived_gets_its_face_box_when_it_does(visitor: Any) -> None:
    late: list[Any] = []

    def delay(request: Any) -> None:  # a bound method of list cannot be a handler
        late.append(request)

    visitor.route("**/*.mp4", delay)
    visitor.reload()
    lanes_ready(visitor)
    visitor.locator(".lanes").focus()
    visitor.keyboard.press("ArrowRight")
    visitor.locator(".lanes .cursor").wait_for(timeout=WAIT)
    assert visitor.locator("#clip .face-box").count() == 0
    while late:
        late.pop().continue_()
    visitor.unroute("**/*.mp4")
    visitor.locator("#clip .face-box").wait_for(timeout=WAIT)


def test_the_face_box_can_be_switched_off(visitor: Any) -> None:
    visitor.locator(".lanes").focus()
    visitor.keyboard.press("ArrowRight")
    visitor.locator("#clip .face-box").wait_for(timeout=WAIT)
    visitor.get_by_label("Face box").uncheck()
    visitor.locator("#clip .face-box").wait_for(state="hidden", timeout=WAIT)


def test_there_is_a_sign_of_life_before_the_server_answers(visitor: Any) -> None:
    give(visitor, DEMO)
    visitor.route("**/queue/join*", lambda route: None)  # the server never hears of the click
    visitor.get_by_role("button", name="Analyze", exact=True).click()
    visitor.locator("#progress .state").wait_for(timeout=WAIT)
    assert "Starting" in visitor.locator("#progress").inner_text()
    visitor.unroute("**/queue/join*")


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
    message = visitor.get_by_text("broken.mp4:").first
    _until(visitor, message, lambda: visitor.get_by_role("button", name="Analyze", exact=True).click())
    visitor.locator("#progress .state").wait_for(state="detached", timeout=WAIT)


def test_cancel_stops_and_the_next_analysis_works(visitor: Any, tmp_path: Path) -> None:
    times = np.arange(0, 120, 0.2).tolist()
    give(visitor, write_clip(tmp_path / "long.mp4", still(times, noise(360, 640))))
    visitor.get_by_role("button", name="Analyze", exact=True).click()
    while not watching._TURN.locked():
        visitor.wait_for_timeout(50)
    visitor.get_by_role("button", name="Cancel").first.click()
    visitor.get_by_text("Cancelled.").wait_for(timeout=WAIT)
    assert watching._TURN.acquire(timeout=WAIT / 1000), "the work goes on though nobody waits for it"
    watching._TURN.release()
    line = visitor.locator("#lanes .lanes")
    assert line.count() == 0
    _until(visitor, line, lambda: visitor.get_by_role("button", name="Analyze", exact=True).click())


def test_many_clips_become_one_table_and_one_archive(visitor: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    short = write_clip(tmp_path / "short.mp4", still(np.arange(0, 2, 0.1).tolist(), noise()))
    visitor.get_by_role("tab", name="Many clips").click()
    visitor.locator("#clips input[type=file]").set_input_files([str(DEMO), str(tmp_path / "broken.mp4"), str(short)])
    visitor.locator("#clips").get_by_text("short").first.wait_for()
    visitor.get_by_role("button", name="Analyze all").click()
    link = visitor.locator('a[download="results.zip"]')
    link.first.wait_for(timeout=WAIT)
    with visitor.expect_download() as download:
        link.first.click()
    download.value.save_as(tmp_path / "results.zip")
    with zipfile.ZipFile(tmp_path / "results.zip") as packed:
        names = set(packed.namelist())
    assert {"demo/analysis.json", "short/report.html", "problems.txt"} <= names
    visitor.get_by_text("Happily Surprised").locator("visible=true").first.wait_for()


def test_predictions_and_labels_become_scores(visitor: Any, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,label\na,happy\nb,sad\nc,fear\n")
    (tmp_path / "l.csv").write_text("id,label\na,happy\nb,sad\nc,anger\n")
    visitor.get_by_role("tab", name="Evaluation").click()
    hand(visitor, "#predictions", tmp_path / "p.csv")
    hand(visitor, "#labels", tmp_path / "l.csv")
    visitor.get_by_role("button", name="Score").click()
    visitor.get_by_text("macro-F1 28.57 %").wait_for(timeout=WAIT)
    assert not visitor.locator("#coverage").is_visible()


def test_probabilities_show_how_true_they_are(visitor: Any, tmp_path: Path) -> None:
    header = "id,happy,sad,anger,fear,disgust,surprise,neutral\n"
    rows = "a,0.9,0.1,0,0,0,0,0\nb,0.2,0.8,0,0,0,0,0\nc,0,0,0.4,0.6,0,0,0\n"
    (tmp_path / "p.csv").write_text(header + rows)
    (tmp_path / "l.csv").write_text("id,label\na,happy\nb,sad\nc,anger\n")
    visitor.get_by_role("tab", name="Evaluation").click()
    hand(visitor, "#predictions", tmp_path / "p.csv")
    hand(visitor, "#labels", tmp_path / "l.csv")
    visitor.get_by_role("button", name="Score").click()
    for curve in ("#reliability", "#coverage"):
        visitor.locator(f"{curve} img").wait_for(timeout=WAIT)


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


def test_two_clips_are_compared_on_one_time_axis(visitor: Any, tmp_path: Path) -> None:
    other = write_clip(tmp_path / "noise.mp4", still(np.arange(0, 3, 0.1).tolist(), noise()))
    visitor.get_by_role("tab", name="Compare").click()
    hand(visitor, "#first-clip", DEMO)
    hand(visitor, "#second-clip", other)
    visitor.get_by_role("button", name="Compare", exact=True).click()
    visitor.locator("#sides .side").nth(1).wait_for(timeout=WAIT)
    names = visitor.locator("#sides h4").all_inner_texts()
    assert names == ["demo.mp4", "noise.mp4"]
    ends = (
        visitor.locator("#sides .side")
        .first.locator(".lane.stated i")
        .last.evaluate("i => i.getBoundingClientRect().right / i.closest('.track').getBoundingClientRect().right")
    )
    assert ends == pytest.approx(1, abs=0.02)  # the longer of the two fills the axis


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


def test_a_shared_link_shows_the_result_to_somebody_else_and_no_clip(browser: Any, served: str, visitor: Any) -> None:
    button = opened(visitor, "downloads").locator("#link button")
    button.click(timeout=WAIT)
    address = visitor.locator("#link input").input_value()
    assert address.startswith(served)
    other = browser.new_context(viewport={"width": 1360, "height": 768}).new_page()
    requests: list[str] = []
    other.on("request", lambda request: requests.append(request.url))
    other.goto(address)
    other.get_by_text("Somebody shared this result").wait_for(timeout=WAIT)
    lanes_ready(other)
    assert other.locator("#verdict").inner_text() == visitor.locator("#verdict").inner_text()
    assert other.locator("#clip video").count() == 0
    assert other.locator(".lane.words, #people img").count() == 0
    assert not any(address.split("#")[1] in url for url in requests)
    assert "#" not in other.url
    other.context.close()


def test_three_examples_differ_and_say_whose_face_is_meant(visitor: Any) -> None:
    visitor.get_by_role("button", name="Example: two people").click()
    visitor.get_by_text("Person 2").first.wait_for(timeout=WAIT)
    first = visitor.locator("#clip .face-box")
    visitor.wait_for_function("document.querySelector('#clip .face-box')?.offsetLeft > 0", timeout=WAIT)
    before, verdict = first.evaluate("box => box.offsetLeft"), visitor.locator("#verdict").inner_text()
    visitor.locator("#people button[data-person='2']").click()
    visitor.wait_for_function(
        "was => document.querySelector('#clip .face-box').offsetLeft !== was", arg=before, timeout=WAIT
    )
    assert visitor.locator("#clip .face-box").inner_text() == "Person 2"
    assert visitor.locator("#verdict").inner_text() != verdict
    visitor.get_by_role("button", name="Example: a film scene").click()
    visitor.get_by_text("Did you hear that?").first.wait_for(timeout=WAIT)
