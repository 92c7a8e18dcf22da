from dataclasses import replace

import numpy as np
import pytest

from cer.labels import EMOTIONS
from cer.modalities.base import softmax
from cer.modalities.scene_context import SceneContext, classify, classify_descriptions, describe, face_words
from cer.perception.evidence import Evidence
from cer.perception.face_encoder import UNITS
from cer.segments import Segment


def units(*shown: int) -> np.ndarray:
    return np.array([0.9 if unit in shown else 0.1 for unit in UNITS], np.float32)


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
    assert "smile" in describe(part, 1)
    assert "speak" in describe(part, 1)
    assert "speak" not in describe(silent.segment(Segment(0, 4)), 1)
    dark = replace(part, cues=[replace(cue, brightness=0.1) for cue in part.cues])
    assert "dimly lit" in describe(dark, 1)
    crowd = replace(part, cues=[replace(cue, faces=5) for cue in part.cues])
    assert "several people" in describe(crowd, 1)


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
    assert "smile" in describe(shown, 1)


def test_a_calm_face_alone_is_not_surely_neutral_and_a_caption_is_read_as_before() -> None:
    text = "The video shows a close-up of one person in ordinary light. The person has a calm, relaxed face."
    described, caption = softmax(classify_descriptions([text])[0])[0], softmax(classify([text])[0])[0]
    assert described.argmax() == EMOTIONS.index("Neutral")
    assert described[0] < min(caption[0], 0.5)
    assert described[EMOTIONS.index("Other")] > 0.05 > caption[EMOTIONS.index("Other")]
