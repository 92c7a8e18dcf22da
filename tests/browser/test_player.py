"""The player: the examples, keys, zoom, the face box, and a shared result."""

from typing import Any

import pytest

from tests.browser.visiting import WAIT, cursor, lanes_ready, moved, opened


def test_the_finished_example_greets_a_visitor_and_plays(visitor: Any) -> None:
    visitor.locator("#lanes .lanes").wait_for(timeout=WAIT)
    assert "happiness" in visitor.locator("#verdict").inner_text()
    assert visitor.locator("#sources .moment").inner_text() == "Whole clip"
    box = visitor.locator("#clip .face-box")
    box.wait_for(timeout=WAIT)
    assert box.inner_text() == "Person 1"  # who is meant
    film, frame = (visitor.locator(f"#clip {part}").bounding_box() for part in ("video", ".video-container"))
    assert frame["y"] <= film["y"]  # the picture is shown whole
    assert film["y"] + film["height"] <= frame["y"] + frame["height"]
    visitor.locator("#clip video").evaluate("video => { video.muted = true; video.play(); }")
    visitor.wait_for_function("/^0:0[1-9]/.test(document.querySelector('#sources .moment').textContent)", timeout=WAIT)
    assert "Person 1: " in box.inner_text()
    assert cursor(visitor) > 5


def test_dragging_zooms_and_escape_shows_the_whole_clip_again(visitor: Any) -> None:
    visitor.locator("#lanes .lanes").wait_for(timeout=WAIT)
    area = visitor.locator(".lanes .over").bounding_box()
    left, top, width = area["x"], area["y"] + 40, area["width"]
    visitor.mouse.move(left + 0.2 * width, top)
    visitor.mouse.down()
    visitor.mouse.move(left + 0.4 * width, top, steps=4)
    visitor.mouse.up()
    zoomed = visitor.locator(".lanes").evaluate("lanes => parseFloat(lanes.style.getPropertyValue('--zoom'))")
    assert zoomed == pytest.approx(5, abs=0.2)
    assert visitor.locator("#lanes .whole").is_visible()
    words = visitor.locator(".lanes .stated i").first.evaluate("i => parseFloat(i.style.textIndent) / i.clientWidth")
    assert words == pytest.approx(0.2, abs=0.02)  # of what is stated from 0 s on: in sight from 2 s on
    visitor.mouse.click(left + 0.5 * width, top)
    moved(visitor, 2.8, 3.3)  # the middle of what is shown, 2 to 4 s
    visitor.keyboard.press("Escape")
    assert visitor.locator(".lanes").evaluate("lanes => lanes.style.getPropertyValue('--zoom')") == "1"
    assert visitor.locator("#sources .moment").inner_text() == "Whole clip"


def test_keys_play_pause_and_jump_as_in_a_video_player(visitor: Any) -> None:
    visitor.locator("#lanes .lanes").wait_for(timeout=WAIT)
    visitor.locator("#clip video").evaluate("video => { video.muted = true; }")
    visitor.locator(".lanes").focus()
    visitor.keyboard.press("k")
    visitor.wait_for_function("!document.querySelector('#clip video').paused", timeout=WAIT)
    visitor.keyboard.press("k")
    visitor.wait_for_function("document.querySelector('#clip video').paused", timeout=WAIT)
    visitor.keyboard.press("l")
    moved(visitor, 9.5, 10.1)
    visitor.keyboard.press("Home")
    moved(visitor, 0, 0.05)


def test_a_moment_chosen_before_the_clip_has_arrived_gets_its_face_box_when_it_does(visitor: Any) -> None:
    late: list[Any] = []

    def delay(request: Any) -> None:  # a bound method of list cannot be a handler
        late.append(request)

    visitor.route("**/*.mp4", delay)
    visitor.reload()
    lanes_ready(visitor)
    visitor.locator(".lanes").focus()
    visitor.keyboard.press("ArrowRight")
    visitor.locator(".lanes .cursor").wait_for(timeout=WAIT)
    assert visitor.locator("#clip .face-box").count() == 0
    while late:
        late.pop().continue_()
    visitor.unroute("**/*.mp4")
    visitor.locator("#clip .face-box").wait_for(timeout=WAIT)


def test_the_face_box_can_be_switched_off(visitor: Any) -> None:
    visitor.locator(".lanes").focus()
    visitor.keyboard.press("ArrowRight")
    visitor.locator("#clip .face-box").wait_for(timeout=WAIT)
    visitor.get_by_label("Face box").uncheck()
    visitor.locator("#clip .face-box").wait_for(state="hidden", timeout=WAIT)


def test_a_shared_link_shows_the_result_to_somebody_else_and_no_clip(browser: Any, served: str, visitor: Any) -> None:
    button = opened(visitor, "downloads").locator("#link button")
    button.click(timeout=WAIT)
    address = visitor.locator("#link input").input_value()
    assert address.startswith(served)
    other = browser.new_context(viewport={"width": 1360, "height": 768}).new_page()
    requests: list[str] = []
    other.on("request", lambda request: requests.append(request.url))
    other.goto(address)
    other.get_by_text("Somebody shared this result").wait_for(timeout=WAIT)
    lanes_ready(other)
    assert other.locator("#verdict").inner_text() == visitor.locator("#verdict").inner_text()
    assert other.locator("#clip video").count() == 0
    assert other.locator(".lane.words, #people img").count() == 0
    assert not any(address.split("#")[1] in url for url in requests)
    assert "#" not in other.url
    other.context.close()


def test_three_examples_differ_and_say_whose_face_is_meant(visitor: Any) -> None:
    visitor.get_by_role("button", name="Example: two people").click()
    visitor.get_by_text("Person 2").first.wait_for(timeout=WAIT)
    first = visitor.locator("#clip .face-box")
    visitor.wait_for_function("document.querySelector('#clip .face-box')?.offsetLeft > 0", timeout=WAIT)
    before, verdict = first.evaluate("box => box.offsetLeft"), visitor.locator("#verdict").inner_text()
    visitor.locator("#people button[data-person='2']").click()
    visitor.wait_for_function(
        "was => document.querySelector('#clip .face-box').offsetLeft !== was", arg=before, timeout=WAIT
    )
    assert visitor.locator("#clip .face-box").inner_text() == "Person 2"
    assert visitor.locator("#verdict").inner_text() != verdict
    visitor.get_by_role("button", name="Example: a film scene").click()
    visitor.get_by_text("Did you hear that?").first.wait_for(timeout=WAIT)
