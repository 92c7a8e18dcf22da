"""How long the page takes: to open, and from click to result, in headless Chromium beside the server on the same cores.

python -m bench.page [TIMES]
"""

import json
import shutil
import statistics
import sys
import time
from typing import Any

from playwright.sync_api import sync_playwright

from bench.clips import DEMO
from cer.pipeline import observe
from cer.web import app, handlers


def measure(times: int = 5) -> dict[str, Any]:
    page, address = app.serve(prevent_thread_lock=True, quiet=True)
    opened, clicked, alone, command = [], [], [], []
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            observe(DEMO).conclude()
            for _ in range(times):
                started = time.perf_counter()
                analysis = observe(DEMO).conclude()
                alone.append(time.perf_counter() - started)
                handlers.files(analysis)
                command.append(time.perf_counter() - started)
                tab = browser.new_page()
                started = time.perf_counter()
                tab.goto(address)
                tab.get_by_role("button", name="Analyze", exact=True).wait_for()
                opened.append(time.perf_counter() - started)
                tab.locator("#clip input[type=file]").first.set_input_files(str(DEMO))
                tab.locator("#clip video").wait_for()
                time.sleep(1.0)
                started = time.perf_counter()
                tab.get_by_role("button", name="Analyze", exact=True).click()
                tab.locator("#timeline .timeline").wait_for(timeout=120_000)
                clicked.append(time.perf_counter() - started)
                time.sleep(3.0)
                tab.close()
            browser.close()
    finally:
        page.close()
    return {
        "opens": round(statistics.median(opened), 2),
        "click_to_result": round(statistics.median(clicked), 2),
        "analysis_alone": round(statistics.median(alone), 2),
        "command_line_warm": round(statistics.median(command), 2),
        "ratio": round(statistics.median(clicked) / statistics.median(command), 2),
        "runs": times,
    }


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 5)))
