"""axe-core finds nothing serious, on a wide screen and a phone, in light and dark."""

from typing import Any

import pytest

from tests.browser.visiting import analyze, opened
from tests.clips import DEMO

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install -r requirements-dev.txt")


def serious(page: Any) -> list[tuple[str, str]]:
    """(rule, first element) of every violation of at least serious impact."""
    violations = axe.Axe().run(page).response["violations"]
    return [
        (violation["id"], node["html"][:160])
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_first_screen_and_a_result_have_no_serious_violation(browser: Any, served: str, theme: str) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    page.goto(f"{served}?__theme={theme}")
    page.locator("#lanes .lanes").wait_for()
    assert serious(page) == []
    analyze(page, DEMO)
    for part in ("details", "downloads"):
        opened(page, part)
    page.locator("#modalities .panel").first.wait_for()
    assert serious(page) == []
    context.close()


def test_a_phone_shows_a_result_without_scrolling_sideways(browser: Any, served: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2)
    page = context.new_page()
    page.goto(served)
    analyze(page, DEMO)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert serious(page) == []
    context.close()
