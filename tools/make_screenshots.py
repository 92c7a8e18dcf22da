"""Makes docs/images/page-*.png: the page as people see it, in headless Chromium, in every state worth looking at.

make screenshots
python -m tools.make_screenshots [FOLDER [STATE...]]
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright
from skimage.data import astronaut

from cer.web import app
from tests.browser.conftest import QUIET, chromium
from tests.browser.test_live import fake_devices
from tests.browser.visiting import WAIT, analyze, give, opened
from tests.clips import DEMO, noise, still, write_clip

ROOT = Path(__file__).parents[1]
SETTLE = 1000  # ms; for what slides and fades
LAPTOP, WIDE, PHONE = (1360, 768), (1920, 1080), (390, 844)  # pixels


@dataclass(frozen=True)
class State:
    """What to do on the open page before it is pictured. whole: all of it, not the part on the screen alone."""

    name: str
    reach: Callable[[Any, Path], None] = lambda page, work: None
    size: tuple[int, int] = LAPTOP
    theme: str = "light"
    whole: bool = False
    locale: str = "en-US"


def playing(page: Any, work: Path) -> None:
    page.locator(".lanes").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")


def zoomed(page: Any, work: Path) -> None:
    area = page.locator(".lanes .over").bounding_box()
    page.mouse.move(area["x"] + 0.3 * area["width"], area["y"] + 40)
    page.mouse.down()
    page.mouse.move(area["x"] + 0.6 * area["width"], area["y"] + 40, steps=4)
    page.mouse.up()


def details(page: Any, work: Path) -> None:
    opened(page, "details").locator(".panel").first.wait_for(timeout=WAIT)


def downloads(page: Any, work: Path) -> None:
    opened(page, "downloads").locator("a").first.wait_for(timeout=WAIT)


def two_people(page: Any, work: Path) -> None:
    page.get_by_role("button", name="Example: two people").click()
    page.locator("#people button[data-person='2']").wait_for(timeout=WAIT)


def shared(page: Any, work: Path) -> None:
    two_people(page, work)
    opened(page, "downloads").locator("#link button").click(timeout=WAIT)
    page.goto(page.locator("#link input").input_value())
    page.reload()  # only what stands behind the "#" was another
    page.get_by_text("Somebody shared this result").wait_for(timeout=WAIT)


def no_face(page: Any, work: Path) -> None:
    analyze(page, write_clip(work / "noise.mp4", still(np.arange(0, 3, 0.1).tolist(), noise())))


def working(page: Any, work: Path) -> None:
    give(page, write_clip(work / "long.mp4", still(np.arange(0, 200, 0.2).tolist(), noise(360, 640))))
    page.get_by_role("button", name="Analyze", exact=True).click()
    page.wait_for_function("/left/.test(document.querySelector('#progress').innerText)", timeout=WAIT)


def unplayable(page: Any, work: Path) -> None:
    give(page, write_clip(work / "old.mp4", still(np.arange(0, 3, 0.1).tolist(), noise()), codec="mpeg4"))
    page.locator("#unplayable p").wait_for(timeout=WAIT)


def chosen(page: Any, work: Path) -> None:
    give(page, DEMO)


def error(page: Any, work: Path) -> None:
    (work / "notes.mp4").write_text("no clip at all")
    page.get_by_test_id("Choose a clip-upload-button").set_input_files(str(work / "notes.mp4"))
    page.locator("#lanes .lanes").wait_for(state="detached", timeout=WAIT)
    page.get_by_role("button", name="Analyze", exact=True).click()
    page.get_by_text("notes.mp4:").first.wait_for(timeout=WAIT)


def live(page: Any, work: Path) -> None:
    page.get_by_role("button", name="Go live").click()
    page.wait_for_function("document.querySelectorAll('#live .minute i').length >= 20", timeout=WAIT)


def live_result(page: Any, work: Path) -> None:
    live(page, work)
    page.get_by_role("button", name="Stop and show the result").click()
    page.wait_for_function("document.querySelector('#sources .moment').textContent === 'Whole clip'", timeout=WAIT)


def batch(page: Any, work: Path) -> None:
    (work / "broken.mp4").write_bytes(b"nothing")
    page.get_by_role("tab", name="Many clips").click()
    page.locator("#clips input[type=file]").set_input_files([str(DEMO), str(work / "broken.mp4")])
    page.locator("#clips").get_by_text("demo").first.wait_for()
    page.get_by_role("button", name="Analyze all").click()
    page.locator('a[download="results.zip"]').first.wait_for(timeout=WAIT)


def compare(page: Any, work: Path) -> None:
    other = write_clip(work / "portrait.mp4", still(np.arange(0, 6, 0.1).tolist(), astronaut()))
    page.get_by_role("tab", name="Compare").click()
    for place, clip in (("first", DEMO), ("second", other)):
        page.locator(f"#{place}-clip input[type=file]").set_input_files(str(clip))
        page.locator(f"#{place}-clip").get_by_text(clip.stem).first.wait_for()
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator("#sides .side").nth(1).wait_for(timeout=WAIT)


def evaluation(page: Any, work: Path) -> None:
    rng = np.random.default_rng(0)
    names = ["happy", "sad", "angry", "fear", "surprise", "disgust", "neutral"]
    truth = rng.choice(names, 200)
    (work / "labels.csv").write_text("id,label\n" + "".join(f"{row},{label}\n" for row, label in enumerate(truth)))
    odds = rng.random((200, len(names))) ** 3 + (truth[:, None] == np.array(names)) * rng.random((200, 1)) * 1.5
    shares = odds / odds.sum(1, keepdims=True)
    lines = [",".join([str(row), *(f"{share:.3f}" for share in each)]) for row, each in enumerate(shares)]
    (work / "predictions.csv").write_text("\n".join([",".join(["id", *names]), *lines]) + "\n")
    page.get_by_role("tab", name="Evaluation").click()
    for name in ("labels", "predictions"):
        page.locator(f"#{name} input[type=file]").set_input_files(str(work / f"{name}.csv"))
        page.locator(f"#{name}").get_by_text(name).first.wait_for()
    page.get_by_role("button", name="Score").click()
    page.locator("#coverage img").wait_for(timeout=WAIT)


STATES = (
    State("first"),
    State("result", playing),
    State("wide", playing, WIDE),
    State("dark", playing, theme="dark"),
    State("phone", playing, PHONE, whole=True),
    State("zoomed", zoomed),
    State("two-people", two_people),
    State("shared", shared),
    State("german", playing, locale="de-DE"),
    State("details", details, whole=True),
    State("downloads", downloads, whole=True),
    State("chosen", chosen),
    State("working", working),
    State("no-face", no_face),
    State("unplayable", unplayable),
    State("error", error),
    State("live", live),
    State("live-phone", live, PHONE, whole=True),
    State("live-result", live_result, whole=True),
    State("batch", batch),
    State("compare", compare, whole=True),
    State("evaluation", evaluation, whole=True),
)


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    target.mkdir(parents=True, exist_ok=True)
    states = [state for state in STATES if not sys.argv[2:] or state.name in sys.argv[2:]]
    served, address = app.serve(prevent_thread_lock=True, quiet=True)
    with TemporaryDirectory(prefix="cer-") as folder, sync_playwright() as running:
        work = Path(folder)
        browser = running.chromium.launch(executable_path=chromium(), args=[*QUIET, *fake_devices(work)])
        for state in states:
            width, height = state.size
            context = browser.new_context(
                viewport={"width": width, "height": height},
                permissions=["camera", "microphone"],
                locale=state.locale,
            )
            page = context.new_page()
            page.goto(f"{address}?__theme={state.theme}")
            page.locator("#lanes .lanes").wait_for(timeout=WAIT)
            state.reach(page, work)
            page.wait_for_timeout(SETTLE)
            page.screenshot(path=target / f"page-{state.name}.png", full_page=state.whole)
            print(target / f"page-{state.name}.png")
            context.close()
        browser.close()
    served.close()


if __name__ == "__main__":
    main()
