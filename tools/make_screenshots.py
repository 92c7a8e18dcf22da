"""Makes docs/images/page-*.png: the page as people see it, in headless Chromium.

python -m tools.make_screenshots [FOLDER]
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from cer.web import app
from tests.browser.conftest import QUIET
from tests.browser.test_page import analyze
from tests.clips import DEMO, noise, still, write_clip

ROOT = Path(__file__).parents[1]
WAIT = 120_000  # ms


def opened(browser: Any, address: str, width: int = 1400, theme: str = "light") -> Any:
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.goto(f"{address}?__theme={theme}")
    page.get_by_role("button", name="Analyze", exact=True).wait_for()
    page.wait_for_timeout(1000)
    return page


def batch(page: Any, work: Path) -> None:
    (work / "broken.mp4").write_bytes(b"nothing")
    page.get_by_role("tab", name="Many clips").click()
    page.locator("#clips input[type=file]").set_input_files([str(DEMO), str(work / "broken.mp4")])
    page.locator("#clips").get_by_text("demo").first.wait_for()
    page.get_by_role("button", name="Analyze all").click()
    page.locator('a[download="results.zip"]').first.wait_for(timeout=WAIT)


def evaluation(page: Any, work: Path) -> None:
    rng = np.random.default_rng(0)
    names = ["happy", "sad", "angry", "fear", "surprise", "disgust", "neutral"]
    truth = rng.choice(names, 200)
    predicted = np.where(rng.random(200) < 0.7, truth, rng.choice(names, 200))
    for name, labels in (("labels", truth), ("predictions", predicted)):
        rows = "".join(f"{index},{label}\n" for index, label in enumerate(labels))
        (work / f"{name}.csv").write_text("id,label\n" + rows)
    page.get_by_role("tab", name="Evaluation").click()
    for name in ("labels", "predictions"):
        page.locator(f"#{name} input[type=file]").set_input_files(str(work / f"{name}.csv"))
        page.locator(f"#{name}").get_by_text(name).first.wait_for()
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Score").click()
    page.locator("#scores h2").wait_for(timeout=20_000)


def error(page: Any, work: Path) -> None:
    (work / "notes.mp4").write_text("no clip at all")
    page.locator("#clip input[type=file]").first.set_input_files(str(work / "notes.mp4"))
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Analyze", exact=True).click()
    page.get_by_text("notes.mp4:").first.wait_for(timeout=20_000)


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images"
    target.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix="cer-"))
    faceless = write_clip(work / "noise.mp4", still(np.arange(0, 3, 0.1).tolist(), noise()))
    page, address = app.serve(prevent_thread_lock=True, quiet=True)
    with sync_playwright() as running:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = running.chromium.launch(executable_path=path, args=QUIET)
        for name, width, theme, step in (
            ("empty", 1400, "light", lambda page: None),
            ("result", 1400, "light", lambda page: analyze(page, DEMO)),
            ("dark", 1400, "dark", lambda page: analyze(page, DEMO)),
            ("phone", 390, "light", lambda page: analyze(page, DEMO)),
            ("no-face", 1400, "light", lambda page: analyze(page, faceless)),
            ("error", 1400, "light", lambda page: error(page, work)),
            ("batch", 1400, "light", lambda page: batch(page, work)),
            ("evaluation", 1400, "light", lambda page: evaluation(page, work)),
        ):
            tab = opened(browser, address, width, theme)
            step(tab)
            tab.wait_for_timeout(2500)
            tab.screenshot(path=target / f"page-{name}.png", full_page=True)
            print(target / f"page-{name}.png")
            tab.close()
        browser.close()
    page.close()
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
