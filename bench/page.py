"""How long the page takes: to open with a finished example, from click to sign of life, and from click to result, in
headless Chromium beside the server on the same cores.

    python -m bench.page [TIMES]
"""

import json
import statistics
import sys
import time
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from bench.clips import DEMO
from cer.pipeline import observe
from cer.web import app, handlers
from tests.browser.conftest import QUIET, chromium

REST = 3.0  # seconds between two measurements


def command_line() -> dict[str, float]:
    """Seconds of the bundled clip with models loaded: of the analysis alone, and with all of its files."""
    started = time.perf_counter()
    analysis = observe(DEMO).conclude()
    alone = time.perf_counter() - started
    handlers.files(analysis)
    return {"analysis_alone": alone, "command_line_warm": time.perf_counter() - started}


def visit(browser: Browser, address: str) -> dict[str, float]:
    """Seconds of one visit by a browser that was never here: until the example is there to play, and from the click on
    Analyze until something moves and until the result is whole.
    """
    context = browser.new_context(viewport={"width": 1360, "height": 768})
    tab = context.new_page()
    lanes, working = tab.locator("#lanes .lanes"), tab.locator("#progress .state")
    started = time.perf_counter()
    tab.goto(address, wait_until="commit")
    lanes.wait_for()
    opens = time.perf_counter() - started
    tab.get_by_test_id("Choose a clip-upload-button").set_input_files(str(DEMO))
    lanes.wait_for(state="detached")
    tab.wait_for_timeout(1000 * REST)
    started = time.perf_counter()
    tab.get_by_role("button", name="Analyze", exact=True).click()
    working.wait_for()
    alive = time.perf_counter() - started
    lanes.wait_for(timeout=120_000)
    working.wait_for(state="detached")
    result = time.perf_counter() - started
    context.close()
    return {"opens": opens, "click_to_sign_of_life": alive, "click_to_result": result}


def measure(times: int = 5) -> dict[str, Any]:
    """Medians over so many visits, and of the command line's work in between."""
    page, address = app.serve(prevent_thread_lock=True, quiet=True)
    rounds = []
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium(), args=QUIET)
            observe(DEMO).conclude()  # loads the models
            for _ in range(times):
                rounds.append({**command_line(), **visit(browser, address)})
                time.sleep(REST)
            browser.close()
    finally:
        page.close()
    medians = {name: statistics.median(visited[name] for visited in rounds) for name in rounds[0]}
    ratio = medians["click_to_result"] / medians["command_line_warm"]
    return {**{name: round(value, 2) for name, value in medians.items()}, "ratio": round(ratio, 2), "visits": times}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5)))
