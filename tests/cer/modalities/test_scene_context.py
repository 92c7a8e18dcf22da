from dataclasses import replace

import numpy as np
import pytest

from cer.labels import EMOTIONS
from cer.modalities.base import softmax
from cer.modalities.scene_context import Description, SceneContext, classify, classify_described, describe, face_words
from cer.perception.body import JOINTS
from cer.perception.evidence import Evidence
from cer.perception.face_encoder import UNITS
from cer.segments import Segment


def units(*shown: int) -> np.ndarray:
    return np.array([0.9 if unit in shown else 0.1 for unit in UNITS], np.float32)


def text_of(evidence: Evidence) -> str:
    """The description of the first person."""
    described = describe(evidence, 1)
    assert described is not None
    return described.text


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ((), "a calm, relaxed face"),
        ((6, 12, 25), "a broad smile and raised cheeks and slightly parted lips"),
        ((1, 2, 5, 27, 25), "raised eyebrows, wide open eyes and a wide open mouth"),
        ((1, 4, 15), "eyebrows drawn together and raised in the middle and the corners of the mouth turned down"),
    ],
)
def test_action_units_are_said_in_words(shown: tuple[int, ...], words: str) -> None:
    assert face_words(units(*shown)) == words


def test_the_description_tells_what_was_measured(evidence: Evidence, silent: Evidence) -> None:
    part = evidence.segment(Segment(0, 4))
    assert "smile" in text_of(part)
    assert "speak" in text_of(part)
    assert "speak" not in text_of(silent.segment(Segment(0, 4)))
    dark = replace(part, cues=[replace(cue, brightness=0.1) for cue in part.cues])
    assert "dimly lit" in text_of(dark)
    crowd = replace(part, cues=[replace(cue, faces=5) for cue in part.cues])
    assert "several people" in text_of(crowd)


def test_real_captions_are_read_too() -> None:
    captions = [
        "The person is smiling broadly and laughing, clearly enjoying a cheerful conversation with friends.",
        "The man shouts with furrowed brows, his fists clenched; the confrontation is tense and hostile.",
        "The woman is crying, tears on her cheeks, her head lowered in grief.",
    ]
    result = classify(captions)[0].argmax(1)
    assert [EMOTIONS[i] for i in result] == ["Happiness", "Anger", "Sadness"]


def test_nobody_in_view_is_the_reason(faceless: Evidence) -> None:
    assert SceneContext().predict(faceless, [Segment(0, 4)], 1).reasons == ("nobody in view to describe",)


def test_a_short_smile_between_calm_frames_is_described(evidence: Evidence) -> None:
    part = evidence.segment(Segment(0, 4))
    sightings, expressions = part.person(1)
    smiling = int(expressions.units[:, UNITS.index(12)].argmax())
    quiet = replace(
        expressions,
        logits=np.tile(np.where(np.arange(8) == 0, 6, 0), (len(expressions), 1)).astype(np.float32),
        units=np.full_like(expressions.units, 0.01),
    )
    for values, peak in ((quiet.logits, expressions.logits), (quiet.units, expressions.units)):
        values[: len(values) // 5] = peak[smiling]
    shown = replace(part, sightings=sightings, expressions=quiet)
    assert "smile" in text_of(shown)


def test_a_calm_face_alone_is_not_surely_neutral_and_a_caption_is_read_as_before() -> None:
    face = "a calm, relaxed face"
    described = softmax(classify_described([Description(face, "")]))[0]
    caption = softmax(classify([f"The person has {face}."])[0])[0]
    assert described.argmax() == EMOTIONS.index("Neutral")
    assert described[0] < min(caption[0], 0.5)
    assert described[EMOTIONS.index("Other")] > 0.05 > caption[EMOTIONS.index("Other")]


def test_surroundings_are_written_and_not_read(evidence: Evidence) -> None:
    """Posture told the labeled clips' emotions no better than chance, light and shot are the camera's choice."""
    part = evidence.segment(Segment(0, 4))
    dark = replace(part, cues=[replace(cue, brightness=0.1, motion=0.5) for cue in part.cues])
    first, second = (describe(each, 1) for each in (part, dark))
    assert first is not None
    assert second is not None
    assert "They move quickly." in second.text
    assert first.text != second.text
    np.testing.assert_array_equal(classify_described([first]), classify_described([second]))


def test_a_hand_at_the_face_is_written_down_where_joints_show_it(evidence: Evidence) -> None:
    part = evidence.segment(Segment(0, 4))
    joints = np.zeros((17, 3), np.float32)
    for name, place in (("left_elbow", (1.0, 1.6)), ("left_wrist", (0.4, 0.9))):
        joints[JOINTS.index(name)] = (*place, 0.9)
    touching = replace(part, sightings=[replace(each, joints=joints) for each in part.sightings])
    assert "A hand is at the face." in text_of(touching)
    assert "A hand is at the face." not in text_of(part)
