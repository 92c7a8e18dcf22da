"""Descriptions of made evidence: how near, how many, how bright, how loud, how lively."""

import numpy as np
import pytest

from cer.media.clip import SAMPLE_RATE
from cer.modalities.scene_context import describe
from cer.perception.evidence import Cue, Evidence
from cer.perception.face_detection import TEMPLATE, Face
from cer.perception.face_encoder import UNITS, Expressions
from cer.perception.speech import Utterance
from cer.perception.tracking import Sighting


def scene(
    *,
    height: float = 0.3,
    people: int = 1,
    brightness: float = 0.4,
    motion: float = 0.0,
    level: float | None = None,
    mouth_moves: bool = True,
) -> str:
    """The description of a second in which the face has this height and the speech this level."""
    frames = 6
    face = Face(np.array([0.1, 0.1, 0.3, 0.1 + height], np.float32), TEMPLATE, 0.9)
    speech = []
    if level is not None:
        samples = np.full(SAMPLE_RATE, level, np.float32)
        speech = [Utterance(0.0, 1.0, ((0.0, 1.0),), samples, np.zeros((0, 1), np.float32))]
    described = describe(
        Evidence(
            0.0,
            1.0,
            True,
            level is not None,
            [Cue(0.0, brightness, 0.2, 0.2, motion, people, height)],
            [Sighting(frame / frames, 1, face, np.zeros((112, 112, 3), np.uint8)) for frame in range(frames)],
            Expressions(
                np.zeros((frames, 8), np.float32),
                np.zeros((frames, 256), np.float32),
                np.tile(0.2 * (np.arange(frames) % 2 * mouth_moves)[:, None], (1, len(UNITS))).astype(np.float32),
                np.ones(frames, np.float32),
            ),
            speech,
        ),
        1,
    )
    assert described is not None
    return described.text


@pytest.mark.parametrize(
    ("height", "words"),
    [
        (0.46, "shows a close-up of one person"),
        (0.44, "shows a medium shot of one person"),
        (0.21, "shows a medium shot of one person"),
        (0.19, "shows a wide shot with one person"),
    ],
)
def test_only_a_face_that_fills_the_frame_is_a_close_up(height: float, words: str) -> None:
    assert words in scene(height=height)


@pytest.mark.parametrize(
    ("level", "words"),
    [
        (0.21, "They speak loudly."),  # -13.6 dB of full scale
        (0.19, "They are speaking."),  # -14.4 dB
        (0.03, "They are speaking."),  # -30.5 dB
        (0.02, "They speak softly."),  # -34.0 dB
    ],
)
def test_only_who_speaks_loudly_is_described_so(level: float, words: str) -> None:
    assert scene(level=level).endswith(words)


def test_nothing_is_written_about_the_voice_of_a_silent_person() -> None:
    assert scene().endswith("They hold still.")


def test_a_voice_over_is_not_the_silent_person_s() -> None:
    assert scene(level=0.1, mouth_moves=False).endswith("They hold still.")


@pytest.mark.parametrize(
    ("people", "words"), [(0, "one person"), (1, "one person"), (2, "two people"), (3, "several people")]
)
def test_people_are_counted(people: int, words: str) -> None:
    assert words in scene(people=people)


@pytest.mark.parametrize(
    ("brightness", "words"),
    [(0.21, "dark, dimly lit"), (0.23, "ordinary light"), (0.59, "ordinary light"), (0.61, "bright, well-lit")],
)
def test_the_light_is_described(brightness: float, words: str) -> None:
    assert words in scene(brightness=brightness)


@pytest.mark.parametrize(
    ("motion", "words"),
    [(0.07, "They move quickly."), (0.05, "They move a little."), (0.01, "They hold still.")],
)
def test_the_motion_is_described(motion: float, words: str) -> None:
    assert scene(motion=motion).endswith(words)
