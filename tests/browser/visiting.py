"""What a visitor does again and again: choose a clip, press, open, wait."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

WAIT = 120_000  # ms


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


def until(page: Any, shown: Any, press: Callable[[], None]) -> None:
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


def moved(page: Any, low: float, high: float) -> None:
    """Wait until the video stands between two moments."""
    there = "([low, high]) => ((t) => low <= t && t <= high)(document.querySelector('#clip video').currentTime)"
    page.wait_for_function(there, arg=[low, high], timeout=WAIT)


def cursor(page: Any) -> float:
    """Share of the time line left of the cursor, in %."""
    return float(page.locator(".lanes .cursor").evaluate("line => parseFloat(line.style.left)"))


def lanes_ready(page: Any) -> None:
    """Wait until the example's lanes are shown and listen to keys: their script writes the times on the ruler."""
    page.locator("#lanes .ruler .track span", has_text=":").first.wait_for(timeout=WAIT)
