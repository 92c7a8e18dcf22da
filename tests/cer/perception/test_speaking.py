"""Who speaks: made mouths of one or two people, five frames a second, against made speech."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from cer.perception.evidence import FRAME_RATE, Evidence
from cer.perception.face_detection import TEMPLATE, Face
from cer.perception.face_encoder import UNITS, Expressions
from cer.perception.speaking import MAX_GAP, MIN_ACTIVITY, MIN_PAIRS, OFF_SCREEN, mouth_activity, speaker_of
from cer.perception.speech import Utterance
from cer.perception.tracking import Sighting

LIPS_PART, JAW_DROPS = UNITS.index(25), UNITS.index(26)
FACE = Face(np.array([0.1, 0.1, 0.3, 0.5], np.float32), TEMPLATE, 0.9)
CROP = np.zeros((112, 112, 3), np.uint8)
TALKING, LISTENING = [0.0, 0.4] * 5, [0.3] * 10


def evidence(
    mouths: Mapping[int, Sequence[float]],
    speech: tuple[float, float] | None = (0.0, 2.0),
    *,
    rate: float = FRAME_RATE,
    unit: int = LIPS_PART,
    has_video: bool = True,
) -> Evidence:
    """Two seconds of people. mouths: by person, the probability of a unit in each frame; speech: its start and end."""
    moments = [(frame / rate, person, value) for person, values in mouths.items() for frame, value in enumerate(values)]
    moments.sort(key=lambda moment: moment[0])
    units = np.zeros((len(moments), len(UNITS)), np.float32)
    units[:, unit] = [value for _, _, value in moments]
    blank = np.zeros((len(moments), 8), np.float32)
    utterances = (
        [Utterance(*speech, (speech,), np.zeros(0, np.float32), np.zeros((0, 1), np.float32))] if speech else []
    )
    return Evidence(
        0.0,
        2.0,
        has_video,
        True,
        [],
        [Sighting(time, person, FACE, CROP) for time, person, _ in moments],
        Expressions(blank, blank, units, np.ones(len(moments), np.float32)),
        utterances,
    )


def test_who_moves_the_mouth_while_somebody_speaks_is_the_speaker() -> None:
    assert speaker_of(evidence({1: LISTENING, 2: TALKING})) == 2
    assert speaker_of(evidence({1: TALKING, 2: LISTENING})) == 1


def test_of_two_moving_mouths_the_livelier_speaks() -> None:
    assert speaker_of(evidence({1: [0.0, 0.2] * 5, 2: TALKING})) == 2


def test_a_voice_over_belongs_to_nobody_in_view() -> None:
    assert speaker_of(evidence({1: LISTENING})) == OFF_SCREEN
    assert speaker_of(evidence({})) == OFF_SCREEN


def test_nobody_speaks_without_speech_and_nothing_is_known_without_frames_or_from_few() -> None:
    assert speaker_of(evidence({1: TALKING}, None)) is None
    assert speaker_of(evidence({1: TALKING}, has_video=False)) is None
    assert speaker_of(evidence({1: TALKING[:MIN_PAIRS]})) is None
    assert speaker_of(evidence({1: TALKING[: MIN_PAIRS + 1]})) == 1


def test_a_mouth_that_moves_before_the_speech_does_not_speak() -> None:
    chewing_then_still = evidence({1: [0.0, 0.4, 0.0, 0.4, 0.0, *[0.3] * 5]}, (1.0, 2.0))
    assert mouth_activity(chewing_then_still, 1) == pytest.approx(0.0)
    assert speaker_of(chewing_then_still) == OFF_SCREEN


def test_activity_is_the_mean_step_of_the_wider_of_lips_and_jaw() -> None:
    steps = [0.1, 0.3, 0.2, 0.6, 0.6]
    assert mouth_activity(evidence({1: steps}), 1) == pytest.approx((0.2 + 0.1 + 0.4 + 0.0) / 4)
    jaw = evidence({1: steps}, unit=JAW_DROPS)
    jaw.expressions.units[:, LIPS_PART] = 0.2  # hides the first step up to 0.2, and the third down to it
    assert mouth_activity(jaw, 1) == pytest.approx((0.1 + 0.1 + 0.4 + 0.0) / 4)


def test_frames_far_apart_are_not_compared() -> None:
    assert mouth_activity(evidence({1: TALKING}, rate=1 / (MAX_GAP + 0.05)), 1) is None


@pytest.mark.parametrize(("step", "speaker"), [(MIN_ACTIVITY + 0.001, 1), (MIN_ACTIVITY - 0.001, OFF_SCREEN)])
def test_the_threshold_divides_speaking_from_listening(step: float, speaker: int | str) -> None:
    assert speaker_of(evidence({1: [0.2, 0.2 + step] * 5})) == speaker
