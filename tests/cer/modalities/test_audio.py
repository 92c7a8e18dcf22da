from dataclasses import replace

import numpy as np
import pytest

from cer.modalities.audio import FULL_VOICE, Audio, classify, rows_between, voice_quality
from cer.perception.evidence import Evidence
from cer.segments import Segment


def test_segments_hear_their_own_part_of_the_voice(evidence: Evidence) -> None:
    result = Audio().predict(evidence, [Segment(0, 4), Segment(4, 8)], None)
    assert result.present.all()
    assert np.abs(result.probabilities[0] - result.probabilities[1]).max() > 0.01


def test_rows_are_cut_by_time(evidence: Evidence) -> None:
    utterance = evidence.utterances[0]
    np.testing.assert_array_equal(
        rows_between(utterance, utterance.start + 0.5, utterance.start + 1.0), utterance.rows[25:50]
    )
    assert len(rows_between(utterance, utterance.end - 1e-3, utterance.end)) >= 1


def test_the_length_of_the_speech_is_free(evidence: Evidence) -> None:
    rows, samples = evidence.utterances[0].rows, evidence.utterances[0].samples
    for length in (1, 25, len(rows)):
        logits, embedding = classify(rows[:length], samples[: length * 320])
        assert np.isfinite(logits).all()
        assert embedding.shape == (128,)


def test_silence_a_syllable_and_a_missing_track_are_told_apart(evidence: Evidence, silent: Evidence) -> None:
    utterance = evidence.utterances[0]
    syllable = replace(evidence, utterances=[replace(utterance, regions=((utterance.start, utterance.start + 0.3),))])
    assert Audio().predict(silent, [Segment(0, 4)], None).reasons == ("no speech",)
    assert Audio().predict(syllable, [Segment(0, 4)], None).reasons == ("no speech",)
    assert Audio().predict(replace(silent, has_audio=False), [Segment(0, 4)], None).reasons == ("no audio track",)


def test_half_a_second_of_speech_is_trusted_less_than_a_sentence_and_a_short_burst_is_not(evidence: Evidence) -> None:
    assert voice_quality(FULL_VOICE / 2, 0.0) == 0.5
    assert voice_quality(FULL_VOICE / 2, 1.0) == 1.0
    assert voice_quality(9.0, 0.3) == 1.0
    utterance = evidence.utterances[0]
    word = replace(evidence, utterances=[replace(utterance, regions=((utterance.start, utterance.start + 0.6),))])
    whole, short = (Audio().predict(each, [Segment(0, 4)], None).quality[0] for each in (evidence, word))
    assert whole == pytest.approx(1, abs=0.01)
    assert 0.3 < short < 0.7
