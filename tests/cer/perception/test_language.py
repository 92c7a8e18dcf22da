from collections.abc import Callable

import numpy as np
import pytest

from cer.errors import WeightsError
from cer.media.clip import SAMPLE_RATE, Sound
from cer.models.checkpoints import WHISPER_BASE, installed
from cer.perception import language, speech, transcription
from cer.perception.language import ENOUGH, LanguageDetector, name_of
from cer.perception.speech import Listener

NEEDS_BASE = pytest.mark.skipif(not installed(WHISPER_BASE), reason="Whisper base is not installed (extra languages)")
SECOND = np.zeros(SAMPLE_RATE, np.float32)


@pytest.fixture
def guesses(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets what Whisper base makes of each utterance in turn."""

    def of(*each: dict[str, float]) -> None:
        answers = iter(each)
        monkeypatch.setattr(transcription, "languages", lambda samples: next(answers))
        monkeypatch.setattr(language, "installed", lambda checkpoint: True)

    return of


def test_the_language_is_the_mean_over_the_first_speech_weighted_by_its_length(guesses: Callable[..., None]) -> None:
    guesses({"pl": 0.9, "ru": 0.1}, {"pl": 0.2, "ru": 0.8})
    detector = LanguageDetector()
    assert detector.language is None
    detector.add(SECOND)
    detector.add(np.concatenate([SECOND] * 4))
    assert detector.language == "ru"  # pl (0.9 + 4 x 0.2) / 5 = 0.34, ru 0.66
    assert not detector.settled
    assert detector.seconds == 5 < ENOUGH


def test_a_language_that_is_not_clear_is_none(guesses: Callable[..., None]) -> None:
    guesses({"nn": 0.38, "en": 0.3}, {"nn": 0.1, "en": 0.9})
    detector = LanguageDetector()
    detector.add(SECOND)
    assert detector.language is None
    detector.add(SECOND)
    assert detector.language == "en"


@pytest.mark.parametrize(
    ("likeliest", "next_one", "clear"), [(0.38, 0.12, True), (0.38, 0.2, False), (0.3, 0.05, False)]
)
def test_a_language_far_ahead_of_the_next_is_clear_though_the_sound_is_damaged(
    guesses: Callable[..., None], likeliest: float, next_one: float, clear: bool
) -> None:
    guesses({"en": likeliest, "km": next_one, "la": 0.05})
    detector = LanguageDetector()
    detector.add(np.zeros(5 * SAMPLE_RATE, np.float32))
    assert detector.language == ("en" if clear else None)


def test_speech_whose_language_is_not_clear_is_not_written_down(
    track: np.ndarray, guesses: Callable[..., None]
) -> None:
    guesses(*[{"nn": 0.2, "la": 0.1}] * 9)
    listener = Listener()
    utterances = [*listener.feed(Sound(0.0, track)), *listener.finish()]
    assert utterances
    assert [utterance.sentences for utterance in utterances] == [()] * len(utterances)


def test_another_language_is_transcribed_as_that_language(
    track: np.ndarray, guesses: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_for: list[str | None] = []

    def encode(samples: np.ndarray, name: str | None) -> None:
        asked_for.append(name)
        raise WeightsError("not needed here")

    guesses(*[{"de": 0.9}] * 9)
    monkeypatch.setattr(speech, "encode", encode)
    listener = Listener()
    utterances = [*listener.feed(Sound(0.0, track)), *listener.finish()]
    assert set(asked_for) == {"de"}
    assert {utterance.language for utterance in utterances} == {"de"}


def test_without_whisper_base_all_speech_is_taken_for_english_and_no_language_is_stated(
    track: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "installed", lambda checkpoint: False)
    listener = Listener()
    utterances = [*listener.feed(Sound(0.0, track)), *listener.finish()]
    assert "good to see you" in " ".join(s.text for u in utterances for s in u.sentences).lower()
    assert {utterance.language for utterance in utterances} == {None}


@NEEDS_BASE
def test_the_bundled_clip_is_english(track: np.ndarray) -> None:
    listener = Listener()
    utterances = [*listener.feed(Sound(0.0, track)), *listener.finish()]
    assert {utterance.language for utterance in utterances} == {"en"}
    assert {sentence.language for utterance in utterances for sentence in utterance.sentences} == {"en"}


def test_languages_have_names() -> None:
    assert (name_of("de"), name_of("zh"), name_of("tlh")) == ("German", "Chinese", "tlh")
