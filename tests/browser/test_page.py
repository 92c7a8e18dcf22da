"""What a person does on the page, in a real browser."""

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
from tests.clips import DEMO, noise, still, write_clip

WAIT = 120_000  # ms
DATA = Path(os.environ.get("DATA", Path(__file__).parents[3] / "shared" / "data"))  # as in the Makefile


def give(page: Any, clip: Path) -> None:
    page.locator("#clip input[type=file]").first.set_input_files(str(clip))
    page.locator("#clip video").wait_for()


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
    page.locator("#timeline .timeline").wait_for(timeout=WAIT)


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


def test_a_clip_is_understood_in_a_browser(visitor: Any, analysis: Analysis, tmp_path: Path) -> None:
    """Verdict, time line both ways, segment, downloads."""
    analyze(visitor, DEMO)
    assert "happiness" in visitor.locator("#verdict").inner_text()
    assert visitor.locator("#modalities .panel").count() == 6
    area = visitor.locator(".timeline .over").bounding_box()
    visitor.mouse.click(area["x"] + 0.6 * area["width"], area["y"] + 30)
    moved(visitor, 5.8, 6.2)
    visitor.wait_for_function("document.querySelector('#segment input').value === '0:04 to 0:08'", timeout=WAIT)
    line = visitor.locator(".timeline")
    line.focus()
    visitor.keyboard.press("ArrowRight")
    moved(visitor, 6.8, 7.2)
    assert line.get_attribute("aria-valuetext").startswith("0:07 ")
    visitor.evaluate("document.querySelector('#clip video').currentTime = 2.5")
    visitor.wait_for_function("document.querySelector('.timeline').ariaValueNow.startsWith('2.5')", timeout=WAIT)
    visitor.locator("#segment input").click()
    visitor.get_by_role("option", name="0:02 to 0:06").click()
    moved(visitor, 1.8, 2.4)
    for name in ("analysis.json", "segments.csv", "timeline.csv", "report.html"):
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


@pytest.mark.parametrize("name", ["*wolfgang*", "*angry*", "sadtalker-ref*"])
def test_real_clips_of_this_machine_are_understood(visitor: Any, name: str) -> None:
    paths = sorted((DATA / "clips").glob(name))
    if not paths:
        pytest.skip(f"no clip {name} in {DATA / 'clips'}")
    analyze(visitor, paths[0])
    assert ";" in visitor.locator("#verdict").inner_text()
    area = visitor.locator(".timeline .over").bounding_box()
    end = float(visitor.locator(".timeline").get_attribute("data-end"))
    visitor.mouse.click(area["x"] + 0.5 * area["width"], area["y"] + 60)
    moved(visitor, end / 2 - 0.3, end / 2 + 0.3)


def test_the_example_is_a_click_away_and_nothing_is_blocked_by_the_pages_own_policy(visitor: Any) -> None:
    blocked: list[str] = []
    visitor.on("console", lambda line: blocked.append(line.text) if "Content Security Policy" in line.text else None)
    visitor.reload()
    visitor.get_by_text("An astronaut's portrait").first.click()
    visitor.locator("#clip video").wait_for()
    visitor.get_by_role("button", name="Analyze", exact=True).click()
    visitor.locator("#timeline .timeline").wait_for(timeout=WAIT)
    assert blocked == []


def test_two_people_can_be_chosen_between(visitor: Any, tmp_path: Path, portrait: np.ndarray) -> None:
    head = portrait[:256, 100:356]
    other = (0.4 * head).astype(np.uint8)
    other[131:157, 98:148] = other[131:157, 98:148][::-1].copy()  # the same face in the dark, its mouth upside down
    image = np.concatenate([head, other[:, ::-1]], 1)
    analyze(visitor, write_clip(tmp_path / "two.mp4", still(np.arange(0, 5, 0.1).tolist(), image)))
    faces = visitor.locator("#people button")
    assert faces.count() == 2
    before = visitor.locator("#modalities").inner_text()
    faces.nth(1).click()
    changed = "before => document.querySelector('#modalities').innerText !== before"
    visitor.wait_for_function(changed, arg=before, timeout=WAIT)
    visitor.wait_for_function("document.querySelectorAll('#people button')[1].ariaPressed === 'true'", timeout=WAIT)


def test_a_clip_without_a_face_loses_what_needs_one_with_the_reason(visitor: Any, tmp_path: Path) -> None:
    analyze(visitor, write_clip(tmp_path / "noise.mp4", still(np.arange(0, 3, 0.1).tolist(), noise())))
    absent = visitor.locator("#modalities .panel.absent")
    assert absent.count() >= 4
    assert "no face" in absent.first.inner_text()
    assert "no audio track" in visitor.locator("#modalities").inner_text()


def test_a_clip_that_cannot_be_read_is_said_in_words(visitor: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(DEMO.read_bytes()[:3000])
    with visitor.expect_response(lambda answer: "/upload?" in answer.url or answer.url.endswith("/upload")):
        visitor.locator("#clip input[type=file]").first.set_input_files(str(tmp_path / "broken.mp4"))
    message = visitor.get_by_text("broken.mp4:").first
    _until(visitor, message, lambda: visitor.get_by_role("button", name="Analyze", exact=True).click())


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
    assert visitor.locator("#timeline .timeline").count() == 0
    line = visitor.locator("#timeline .timeline")
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
        page.locator("#timeline .timeline").wait_for(timeout=WAIT)
    first, second = (page.locator("#modalities").inner_text() for page in pages)
    assert "no face" not in first
    assert "no face" in second
    assert pages[0].locator(".timeline").get_attribute("data-end") != pages[1].locator(".timeline").get_attribute(
        "data-end"
    )
    for context in contexts:
        context.close()
