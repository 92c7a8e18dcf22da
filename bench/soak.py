"""A long day of the page: 300 analyses by four visitors at once, with cancels and bad files, in real browsers, and a
fifth visitor who is live all the time, session after session.

Every result is compared with what the command line gives for the same clip; memory, threads, child processes, open
files and sockets of the server, and files in its temporary folder must come back to where they were.

    python -m bench.soak [ANALYSES]
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

from playwright.async_api import Page, async_playwright

from bench.clips import DEMO, made
from bench.live import memory
from cer.pipeline import observe
from cer.results.document import to_json
from tests.browser.conftest import QUIET, chromium
from tests.browser.test_live import fake_devices

VISITORS = 4
MINUTES_BETWEEN = 2  # readings of memory
LIVE_SECONDS = 60  # of a live session
WARM = 80  # analyses before the first reading: by then the page remembers as many visitors as it ever does
KEPT = 60  # seconds that files stay in the soak; an hour on the page
PORT = 7871
WAIT = 180_000  # ms
_SERVE = f"from cer.web import app; app.KEPT = {KEPT}; app.serve(server_name='127.0.0.1', server_port={PORT})"


def clips(folder: Path) -> tuple[dict[Path, Any], list[Path]]:
    """Good clips, each with the document it should give, and bad ones."""
    good = {}
    for number, (start, seconds, effect) in enumerate(
        [
            (0, 2, "null"),
            (1, 3, "hflip"),
            (3, 2, "eq=brightness=0.1"),
            (5, 4, "null"),
            (7, 3, "hue=s=0"),
            (0, 3, "crop=2:2:0:0"),
        ]
    ):
        part = ("-ss", str(start), "-t", str(seconds), "-i", str(DEMO))
        path = made(folder / f"clip-{number}.mp4", *part, "-vf", effect)
        good[path] = without_timings(json.loads(to_json(observe(path).conclude())))
    bad = [folder / "cut.mp4", folder / "text.mp4", folder / "zeros.mp4"]
    for path, content in zip(bad, (DEMO.read_bytes()[:3000], b"no video\n" * 99, bytes(9999)), strict=True):
        path.write_bytes(content)
    return good, bad


def without_timings(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "timings"}


def state(server: int, folder: Path) -> dict[str, int]:
    """The server's resident memory in MB, threads, child processes, open files and sockets, and files in its temporary
    folder.
    """
    children = [
        child for task in Path(f"/proc/{server}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    files = sum(1 for path in folder.rglob("*") if path.is_file())
    opened = [os.readlink(link) for link in Path(f"/proc/{server}/fd").iterdir() if link.is_symlink()]
    return {
        "memory_mb": round(memory(server)),
        "threads": len(list(Path(f"/proc/{server}/task").iterdir())),
        "children": len(children),
        "open": len(opened),
        "sockets": sum(name.startswith("socket:") for name in opened),
        "files": files,
    }


async def shows(page: Page) -> str:
    """What stands on a page at which somebody waited in vain, in one line."""
    words = await page.locator("body").inner_text()
    return f"the page shows: {' '.join(words.split())[:600]}"


class Series:
    """The server's resident memory in MB while the visitors are there, every MINUTES_BETWEEN."""

    def __init__(self, server: int) -> None:
        self.megabytes: list[int] = []
        self._server, self._over = server, Event()
        self._thread = Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._over.wait(60 * MINUTES_BETWEEN):
            self.megabytes.append(round(memory(self._server)))


class Soak:
    """What four visitors share: the work still to do, and what came of it."""

    def __init__(self, analyzes: int, good: dict[Path, Any], bad: list[Path]) -> None:
        self.left, self.good, self.bad = analyzes, good, bad
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.seconds: list[float] = []
        self.dice = random.Random(0)

    async def visitor(self, page: Page) -> None:
        while self.left > 0:
            self.left -= 1
            luck = self.dice.random()
            kind = "bad" if luck < 0.12 else "cancelled" if luck < 0.3 else "analyzed"
            clip = self.dice.choice(self.bad if kind == "bad" else list(self.good))
            try:
                await getattr(self, f"_{kind}")(page, clip)
                self.outcomes[kind] += 1
            except Exception as error:
                self.wrong.append(f"{kind} {clip.name}: {str(error).splitlines()[0][:150]}; {await shows(page)}")

    async def live(self, page: Page) -> None:
        """Be live while there is work for the others: LIVE_SECONDS a session, then keep what was observed."""
        while self.left > 0:
            try:
                await page.goto(f"http://127.0.0.1:{PORT}")
                await page.locator("#lanes .lanes").wait_for(timeout=WAIT)
                await page.get_by_role("button", name="Go live").click()
                await page.locator("#live .minute i").first.wait_for(timeout=WAIT)
                await page.wait_for_timeout(1000 * LIVE_SECONDS)
                await page.locator("#live .go").click()
                await page.locator("#lanes .lanes").wait_for(timeout=WAIT)
                self.outcomes["live"] += 1
            except Exception as error:
                self.wrong.append(f"live: {str(error).splitlines()[0][:150]}; {await shows(page)}")

    async def _press(self, page: Page, clip: Path) -> None:
        """Choose a clip, once the example is there, and press Analyze."""
        lanes = page.locator("#lanes .lanes")
        await page.goto(f"http://127.0.0.1:{PORT}")
        await lanes.wait_for(timeout=WAIT)
        await page.get_by_test_id("Choose a clip-upload-button").set_input_files(str(clip))
        await lanes.wait_for(state="detached", timeout=WAIT)
        await page.get_by_role("button", name="Analyze", exact=True).click()

    async def _analyzed(self, page: Page, clip: Path) -> None:
        await self._press(page, clip)
        started = time.monotonic()
        await page.locator("#lanes .lanes").wait_for(timeout=WAIT)
        await page.locator("#progress .state").wait_for(state="detached", timeout=WAIT)
        self.seconds.append(time.monotonic() - started)
        await page.locator("#downloads button").first.click()
        link = page.locator('a[download="analysis.json"]').first
        await link.wait_for(timeout=WAIT)
        result = await page.request.get(await link.get_attribute("href") or "")
        if without_timings(await result.json()) != self.good[clip]:
            self.wrong.append(f"{clip.name}: another result than the command line's")

    async def _cancelled(self, page: Page, clip: Path) -> None:
        await self._press(page, clip)
        await page.wait_for_timeout(self.dice.uniform(100, 3000))
        await page.get_by_role("button", name="Cancel").first.click()
        await page.get_by_text("Cancelled.").wait_for(timeout=WAIT)

    async def _bad(self, page: Page, clip: Path) -> None:
        await self._press(page, clip)
        await page.get_by_test_id("toast-text").get_by_text(f"{clip.name}:").first.wait_for(timeout=WAIT)


async def visit(soak: Soak) -> None:
    async with async_playwright() as driver:
        with tempfile.TemporaryDirectory() as folder:
            browser = await driver.chromium.launch(
                executable_path=chromium(), args=[*QUIET, *fake_devices(Path(folder))]
            )
            pages = [await (await browser.new_context()).new_page() for _ in range(VISITORS)]
            camera = await (await browser.new_context(permissions=["camera", "microphone"])).new_page()
            await asyncio.gather(*(soak.visitor(page) for page in pages), soak.live(camera))
            await browser.close()


def main() -> None:
    analyzes = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as spare:
        good, bad = clips(Path(folder))
        server = subprocess.Popen([sys.executable, "-c", _SERVE], env={**os.environ, "TMPDIR": spare})
        try:
            time.sleep(15)
            readings = []
            soaks = [Soak(WARM, good, bad), Soak(analyzes - WARM, good, bad)]
            started = time.monotonic()
            for soak in soaks:
                with Series(server.pid) as series:
                    asyncio.run(visit(soak))
                print(dict(soak.outcomes), soak.wrong, flush=True)
                time.sleep(3 * KEPT)
                readings.append(state(server.pid, Path(spare)))
                print(readings[-1], flush=True)
        finally:
            server.terminate()
            server.wait()
    outcomes = soaks[0].outcomes + soaks[1].outcomes
    result = {
        "analyzes": outcomes.total(),
        "outcomes": dict(outcomes),
        "wrong": soaks[0].wrong + soaks[1].wrong,
        "median_seconds_to_result": round(sorted(soaks[1].seconds)[len(soaks[1].seconds) // 2], 2),
        "memory_mb_meanwhile": series.megabytes,
        "before": readings[0],
        "after": readings[1],
        "minutes": round((time.monotonic() - started) / 60, 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
