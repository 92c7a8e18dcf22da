from dataclasses import replace

import numpy as np
import pytest

from cer.labels import EMOTIONS
from cer.modalities import text
from cer.modalities.text import UNTRAINED_QUALITY, Text, classify, classify_multilingual, spoken, trained_languages
from cer.models.checkpoints import E5, installed
from cer.perception.evidence import Evidence
from cer.perception.transcription import Sentence
from cer.segments import Segment

NEEDS_E5 = pytest.mark.skipif(not installed(E5), reason="multilingual-e5-small is not installed (extra languages)")


def speech_in(language: str, words: str, evidence: Evidence) -> Evidence:
    utterance = replace(
        evidence.utterances[0],
        start=0.0,
        end=4.0,
        regions=((0.0, 4.0),),
        sentences=(Sentence(0.0, 4.0, words, 0.9, language),),
        language=language,
    )
    return replace(evidence, utterances=[utterance])


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


@NEEDS_E5
@pytest.mark.parametrize(
    ("words", "emotion"),
    [
        ("Ich bin so glücklich, das ist wunderbar!", "Happiness"),
        ("Tengo mucho miedo, no puedo dormir.", "Fear"),
        ("Мне так грустно, я всё время плачу.", "Sadness"),
        ("Ich hasse dich, verschwinde!", "Anger"),
    ],
)
def test_words_in_other_languages_are_judged_as_a_person_would(words: str, emotion: str) -> None:
    logits, presence = classify_multilingual([words])
    assert EMOTIONS[int(logits[0].argmax())] == emotion
    assert ((presence >= 0) & (presence <= 1)).all()
    assert presence[0, -1] < 1e-6  # Other was never trained


@NEEDS_E5
def test_words_in_another_language_are_the_note_and_a_language_never_trained_on_weighs_less(
    evidence: Evidence,
) -> None:
    assert "de" in trained_languages()
    assert "ja" not in trained_languages()
    german = Text().predict(speech_in("de", "Das ist ja schrecklich!", evidence), [Segment(0, 4)], None)
    japanese = Text().predict(speech_in("ja", "とても悲しいです。", evidence), [Segment(0, 4)], None)
    assert german.notes == ("Das ist ja schrecklich!",)
    assert (float(german.quality[0]), float(japanese.quality[0])) == (1.0, UNTRAINED_QUALITY)
    assert german.embedding is not None
    assert np.isnan(german.embedding).all()  # of another encoder than the prototypes
    assert Text().domain("de") is None
    assert "Japanese: the model of words was not trained" in (Text().domain("ja") or "")


def test_words_in_another_language_are_absent_with_the_reason_without_its_package(
    evidence: Evidence, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "installed", lambda checkpoint: False)
    result = Text().predict(speech_in("de", "Das ist ja schrecklich!", evidence), [Segment(0, 4)], None)
    assert not result.present.any()
    assert (result.reasons[0] or "").startswith("speech in German; the words of other languages need the extra package")
    assert Text().domain("de") == result.reasons[0]
    assert Text().domain("en") is None
    assert Text().predict(speech_in("en", "That is terrible!", evidence), [Segment(0, 4)], None).present.all()
