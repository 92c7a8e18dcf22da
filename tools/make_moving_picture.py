"""Makes docs/images/page-moving.webp: the finished example as it plays, for the README.

python -m tools.make_moving_picture [FILE]
"""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from cer.web import app
from tests.browser.conftest import QUIET, chromium
from tests.browser.visiting import lanes_ready

ROOT = Path(__file__).parents[1]
FRAME_RATE = 4  # frames a second
SIZE = (1360, 768)  # pixels of the window
WIDTH = 900  # pixels of the picture
QUALITY = 60
WAIT = 120_000  # ms


def frames(page: Page) -> list[Image.Image]:
    """The stage at every moment of the clip."""
    seconds = float(page.evaluate("document.querySelector('#clip video').duration"))
    taken = []
    for step in range(int(seconds * FRAME_RATE)):
        moment = step / FRAME_RATE
        page.evaluate("time => { document.querySelector('#clip video').currentTime = time; }", moment)
        page.wait_for_function(
            "time => !document.querySelector('#clip video').seeking"
            " && Math.abs(Number(document.querySelector('.lanes').ariaValueNow) - time) < 0.06",
            arg=moment,
            timeout=WAIT,
        )
        image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        taken.append(image.resize((WIDTH, round(WIDTH * image.height / image.width)), Image.Resampling.LANCZOS))
    return taken


def main() -> None:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images" / "page-moving.webp"
    served, address = app.serve(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=QUIET)
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.goto(address)
        lanes_ready(page)
        page.wait_for_function("document.querySelector('#clip video')?.readyState > 1", timeout=WAIT)
        page.evaluate("document.querySelector('#clip video').currentTime = 1")  # the example is shown from here on
        first, *others = frames(page)
        browser.close()
    served.close()
    duration = round(1000 / FRAME_RATE)  # ms
    first.save(file, save_all=True, append_images=others, duration=duration, loop=0, quality=QUALITY, method=6)
    print(f"{file}: {file.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
