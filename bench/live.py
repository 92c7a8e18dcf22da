"""How late the live page is: seconds from a camera's picture to the bars that are about it, in a real browser whose
camera and microphone play the bundled clip; and whether the server's memory stays flat.

    python -m bench.live [SECONDS]
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from tests.browser.conftest import QUIET, chromium
from tests.browser.test_live import fake_devices

PORT = 7872
SECONDS = 300
_SERVE = f"from cer.web import app; app.serve(server_name='127.0.0.1', server_port={PORT})"
_HOOK = "() => { window.late = []; document.addEventListener('cer-moment', (e) => window.late.push(e.detail.late)); }"


def memory(process: int) -> float:
    """MB that a process holds."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def wait_for(address: str) -> None:
    while True:
        try:
            urllib.request.urlopen(address).close()
            return
        except OSError:
            time.sleep(0.5)


def main() -> None:
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    folder = Path(tempfile.mkdtemp(prefix="cer-"))
    address = f"http://127.0.0.1:{PORT}"
    server = subprocess.Popen([sys.executable, "-c", _SERVE], stdout=subprocess.DEVNULL)
    try:
        wait_for(address)
        with sync_playwright() as running:
            browser = running.chromium.launch(executable_path=chromium(), args=[*QUIET, *fake_devices(folder)])
            page = browser.new_context(permissions=["camera", "microphone"]).new_page()
            page.goto(address)
            page.locator("#lanes .lanes").wait_for()
            page.evaluate(_HOOK)
            page.get_by_role("button", name="Go live").click()
            page.wait_for_function("window.late.length > 0", timeout=120_000)
            megabytes = []
            for _ in range(seconds // 10):
                page.wait_for_timeout(10_000)
                megabytes.append(memory(server.pid))
            late = np.array(page.evaluate("window.late"))
            browser.close()
    finally:
        server.terminate()
        shutil.rmtree(folder)
    figures = {
        "seconds": seconds,
        "moments a second": round(len(late) / seconds, 2),
        "late": {
            name: round(float(np.quantile(late, q)), 2) for name, q in (("median", 0.5), ("90 %", 0.9), ("worst", 1))
        },
        "MB every 30 s": [round(value) for value in megabytes[2::3]],
    }
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
