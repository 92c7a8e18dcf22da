"""The live page, with Chromium's fake camera and microphone, fed with the bundled clip."""

import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cer.media.clip import SAMPLE_RATE, Sound
from cer.media.reader import probe, stream
from tests.browser.conftest import QUIET, chromium
from tests.browser.visiting import WAIT
from tests.clips import DEMO


def camera_file(path: Path) -> Path:
    """The bundled clip's frames as Y4M, which Chromium takes for a camera."""
    with av.open(str(DEMO)) as container, path.open("wb") as file:
        video = container.streams.video[0]
        file.write(f"YUV4MPEG2 W{video.width} H{video.height} F25:1 Ip A1:1 C420jpeg\n".encode())
        for frame in container.decode(video):
            file.write(b"FRAME\n" + frame.reformat(format="yuv420p").to_ndarray().tobytes())
    return path


def microphone_file(path: Path) -> Path:
    """The bundled clip's sound."""
    samples = np.concatenate([item.samples for item in stream(probe(DEMO), 0.0) if isinstance(item, Sound)])
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return path


def fake_devices(folder: Path) -> list[str]:
    """Arguments with which Chromium's camera and microphone play the bundled clip; their files lie in the folder."""
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera_file(folder / 'camera.y4m')}",
        f"--use-file-for-fake-audio-capture={microphone_file(folder / 'microphone.wav')}",
    ]


@pytest.fixture(scope="module")
def seen_live(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser whose camera and microphone play the bundled clip."""
    devices = fake_devices(tmp_path_factory.mktemp("devices"))
    running = browser.browser_type.launch(executable_path=chromium(), args=[*QUIET, *devices])
    yield running
    running.close()


def test_a_face_before_the_camera_is_named_at_once_and_becomes_a_result(seen_live: Any, served: str) -> None:
    context = seen_live.new_context(viewport={"width": 1360, "height": 768}, permissions=["camera", "microphone"])
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(served)
    page.locator("#lanes .lanes").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Go live").click()
    page.locator("#live .face-box").wait_for(timeout=WAIT)
    page.wait_for_function("document.querySelectorAll('#live .minute i').length >= 6", timeout=WAIT)
    assert "happiness" in page.locator("#verdict").inner_text().lower()
    assert page.locator("#sources .moment").inner_text().endswith(" s")
    assert page.locator("#live .heard").is_visible()
    assert page.locator("#clip").is_hidden()
    page.get_by_role("button", name="Stop and show the result").click()
    page.locator("#lanes .lanes").wait_for(timeout=WAIT)
    page.wait_for_function("document.querySelector('#sources .moment').textContent === 'Whole clip'", timeout=WAIT)
    assert "happiness" in page.locator("#verdict").inner_text().lower()
    assert page.locator("#lanes .ruler").inner_text().startswith("0:00")
    assert errors == []
    context.close()


def test_without_a_camera_the_page_says_what_to_do(browser: Any, served: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(served)
    page.locator("#lanes .lanes").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Go live").click()
    page.get_by_text("The browser gave no camera and microphone").wait_for(timeout=WAIT)
    assert page.locator("#clip").is_visible()
    context.close()
