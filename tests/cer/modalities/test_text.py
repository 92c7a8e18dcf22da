from dataclasses import replace

import numpy as np
import pytest

from cer.labels import EMOTIONS
from cer.modalities.text import Text, classify, spoken
from cer.perception.evidence import Evidence
from cer.perception.transcription import Sentence
from cer.segments import Segment


@pytest.mark.parametrize(
    ("words", "emotion"),
    [
        ("I'm so happy! This is wonderful news!", "Happiness"),
        ("Get out of my house! I hate you!", "Anger"),
        ("Oh my god! I can't believe it! What?", "Surprise"),
        ("I'm so sorry, I miss him so much.", "Sadness"),
    ],
)
def test_plain_words_are_read_as_a_person_would(words: str, emotion: str) -> None:
    assert EMOTIONS[int(classify([words])[0].argmax())] == emotion


def test_a_sentence_counts_in_the_segments_it_is_spoken_in(evidence: Evidence) -> None:
    utterance = replace(
        evidence.utterances[0], sentences=(Sentence(1.0, 5.0, "long words", 0.9), Sentence(5.2, 5.6, "short", 0.9))
    )
    talk = replace(evidence, utterances=[replace(utterance, start=0.0, end=9.0, regions=((0.0, 9.0),))])
    words = [spoken(talk.segment(Segment(start, start + 4)))[0] for start in (0.0, 2.0, 4.8)]
    assert words == ["long words", "long words short", "short"]


def test_what_was_not_understood_is_absent_with_the_reason(evidence: Evidence, silent: Evidence) -> None:
    mumbled = replace(evidence, utterances=[replace(utterance, sentences=()) for utterance in evidence.utterances])
    assert Text().predict(mumbled, [Segment(0, 4)], None).reasons == ("no words understood",)
    assert Text().predict(silent, [Segment(0, 4)], None).reasons == ("no speech",)


def test_the_transcript_is_the_note(evidence: Evidence) -> None:
    result = Text().predict(evidence, [Segment(0, 4)], None)
    assert "good to see you" in result.notes[0].lower()
    np.testing.assert_allclose(result.probabilities.sum(1), 1, atol=1e-4)
