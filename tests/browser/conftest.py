"""A page that is served, and a browser that looks at it. Without Chromium these tests are skipped."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.visiting import lanes_ready

# What a headless browser must not do on its own: talk to its maker's servers, look for a GPU.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def served() -> Iterator[str]:
    """The address of the page, served by this process."""
    from cer.web import app

    page, address = app.serve(prevent_thread_lock=True, quiet=True, server_name="127.0.0.1")
    yield address
    page.close()


def chromium() -> str | None:
    """The path of a Chromium on this machine."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    path = chromium()
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install -r requirements-dev.txt")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def visitor(browser: Any, served: str) -> Iterator[Any]:
    """A visitor with a browser of their own, on the open page. Errors in its console fail the test."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(served)
    page.get_by_role("button", name="Analyze", exact=True).wait_for()
    lanes_ready(page)
    yield page
    context.close()
    assert errors == []
