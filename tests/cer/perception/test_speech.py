from collections.abc import Callable

import numpy as np
import pytest

from cer.media.clip import SAMPLE_RATE, Sound
from cer.perception import speech
from cer.perception.speech import LISTEN, MAX_UTTERANCE, Listener, Utterance, _group, leveled, speech_regions
from cer.perception.transcription import Sentence, plausible
from cer.perception.voice_encoder import ROWS_PER_SECOND, WIDTH


def listen(samples: np.ndarray, start: float = 0.0, piece: int = 4000) -> list[Utterance]:
    listener = Listener()
    result: list[Utterance] = []
    for first in range(0, len(samples), piece):
        result += listener.feed(Sound(start + first / SAMPLE_RATE, samples[first : first + piece]))
    return result + list(listener.finish())


def test_the_words_of_the_bundled_clip_are_heard_where_they_are_spoken(track: np.ndarray) -> None:
    sentences = [sentence for utterance in listen(track) for sentence in utterance.sentences]
    text = " ".join(sentence.text for sentence in sentences).lower()
    assert "good to see you" in text
    assert "did not expect" in text
    (greeting,) = [s for s in sentences if "good to see you" in s.text.lower()]
    assert greeting.start < 1.5
    assert greeting.end < 4.5


@pytest.mark.parametrize("kind", ["silence", "hiss", "hum"])
def test_no_words_are_invented_where_nobody_speaks(kind: str) -> None:
    time = np.arange(8 * SAMPLE_RATE) / SAMPLE_RATE
    noise = np.random.default_rng(0).normal(size=len(time)) * 0.05
    sound = {"silence": np.zeros(len(time)), "hiss": noise, "hum": 0.3 * np.sin(2 * np.pi * 110 * time)}[kind]
    assert [s for utterance in listen(sound.astype(np.float32)) for s in utterance.sentences] == []


def test_silent_stretches_are_no_speech(track: np.ndarray) -> None:
    quiet = np.concatenate([np.zeros(3 * SAMPLE_RATE, np.float32), track])
    assert speech_regions(quiet)[0][0] > 2.5


def test_there_is_a_row_for_every_fiftieth_of_a_second_of_speech(track: np.ndarray) -> None:
    for utterance in listen(track):
        assert utterance.rows.shape[1] == WIDTH
        assert len(utterance.rows) == pytest.approx((utterance.end - utterance.start) * ROWS_PER_SECOND, abs=2)


def test_a_long_track_is_heard_in_pieces_as_it_is_at_once(track: np.ndarray) -> None:
    long = np.concatenate([track, np.zeros(2 * SAMPLE_RATE, np.float32)] * 4)
    result = listen(long)
    period = len(track) / SAMPLE_RATE + 2
    greetings = [s.start for utterance in result for s in utterance.sentences if "good to see you" in s.text.lower()]
    assert len(greetings) == 4
    assert np.diff(greetings) == pytest.approx([period] * 3, abs=0.5)
    assert max(utterance.end - utterance.start for utterance in result) <= MAX_UTTERANCE + 0.01


def test_speech_that_goes_on_is_held_back_until_it_pauses_or_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[float] = []

    def spoken_throughout(samples: np.ndarray) -> list[tuple[float, float]]:
        searched.append(len(samples) / SAMPLE_RATE)
        return [(0.0, searched[-1])]

    monkeypatch.setattr(speech, "speech_regions", spoken_throughout)
    hiss = np.random.default_rng(0).normal(size=50 * SAMPLE_RATE).astype(np.float32) / 10
    utterances = listen(hiss, piece=SAMPLE_RATE)
    assert [(entry.start, entry.end) for entry in utterances if entry.regions] == [(0, 20), (20, 40), (40, 50)]
    assert searched == [LISTEN, 2 * LISTEN, 2 * LISTEN - MAX_UTTERANCE + LISTEN, 50 - 2 * MAX_UTTERANCE]


def test_a_gap_in_the_track_moves_what_follows(track: np.ndarray) -> None:
    listener = Listener()
    result = [*listener.feed(Sound(0.0, track)), *listener.feed(Sound(60.0, track)), *listener.finish()]
    starts = [s.start for utterance in result for s in utterance.sentences if "good to see you" in s.text.lower()]
    assert starts[1] - starts[0] == pytest.approx(60, abs=0.3)


def test_utterances_break_at_pauses_and_at_their_greatest_length() -> None:
    assert _group([(0, 1), (1.5, 2), (4, 5)]) == [[(0, 1), (1.5, 2)], [(4, 5)]]
    assert _group([(0, 45)]) == [[(0, 20)], [(20, 40)], [(40, 45)]]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda track: 0.004 * track, id="very quiet"),
        pytest.param(lambda track: 0.5 * track + np.float32(0.3), id="offset"),
        pytest.param(lambda track: (4 * track).clip(-1, 1), id="clipped"),
    ],
)
def test_a_very_quiet_clipped_or_offset_recording_has_the_words_of_the_clean_one(
    fault: Callable[[np.ndarray], np.ndarray], track: np.ndarray
) -> None:
    text = " ".join(sentence.text for utterance in listen(fault(track)) for sentence in utterance.sentences).lower()
    assert "good to see you" in text
    assert "did not expect" in text


def test_a_usual_recording_is_left_as_it_is(track: np.ndarray) -> None:
    assert leveled(track) is track


def test_a_clip_cut_in_the_middle_of_a_word_ends_there_and_repeats_nothing() -> None:
    def stuttering(samples: np.ndarray, start: float) -> tuple[Sentence, ...]:
        texts = ["Good to see you.", "uh...", "Uh", "uh...", "uh..."]
        return tuple(Sentence(start + i, start + i + 2.0, text, 0.5) for i, text in enumerate(texts))

    sentences = plausible(stuttering(np.zeros(0), 3.0), 3.0, 5.5)
    assert [(entry.start, entry.end, entry.text) for entry in sentences] == [
        (3.0, 5.0, "Good to see you."),
        (4.0, 5.5, "uh..."),
    ]


def test_words_never_end_after_the_sound(track: np.ndarray) -> None:
    for length in (1.3, 2.05, 2.4, 4.02):
        samples = track[: int(length * SAMPLE_RATE)]
        sentences = [sentence for utterance in listen(samples) for sentence in utterance.sentences]
        assert all(0 <= entry.start < entry.end <= length + 1e-6 for entry in sentences)
