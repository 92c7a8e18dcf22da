import numpy as np

from cer.media.clip import SAMPLE_RATE, Sound
from cer.media.reader import probe, stream
from cer.perception.vocal_events import _stretches, burst_share, detect_events, kind_of, voice_probabilities
from cer.perception.voice_encoder import listen
from cer.results.analysis import Analysis
from tests.clips import DEMO


def test_silence_and_a_tone_hold_no_burst() -> None:
    tone = 0.1 * np.sin(np.arange(3 * SAMPLE_RATE) * 0.2)
    for samples in (np.zeros(2 * SAMPLE_RATE), tone, np.zeros(0)):
        sound = samples.astype(np.float32)
        assert detect_events(sound, listen(sound)) == ()


def test_speech_is_speech() -> None:
    track = [item.samples for item in stream(probe(DEMO), 1.0) if isinstance(item, Sound)]
    rows = listen(np.concatenate(track)[: 10 * SAMPLE_RATE])
    probabilities = voice_probabilities(rows)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-5)
    assert burst_share(rows) < 0.5


def test_runs_that_are_close_are_one_event() -> None:
    active = np.zeros(100, bool)
    active[10:20] = active[25:40] = active[80:90] = True
    assert _stretches(active) == [(10, 40), (80, 90)]


def test_a_kind_is_named_where_it_is_more_likely_than_not_by_hand() -> None:
    assert kind_of(np.log([0.6, 0.1, 0.1, 0.1, 0.1])) == "laugh"
    assert kind_of(np.log([0.04, 0.33, 0.01, 0.31, 0.31])) == "other"
    assert kind_of(np.log([0.02, 0.1, 0.05, 0.17, 0.66])) == "other"


def test_nobody_cries_in_the_bundled_clip(analysis: Analysis) -> None:
    assert analysis.events == ()  # an "Oh!" between two pauses is a word
