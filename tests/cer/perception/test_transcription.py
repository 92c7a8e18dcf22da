"""What of Whisper's output becomes words, by a decoder whose output is made: no weights are loaded."""

from types import SimpleNamespace

import numpy as np
import pytest

from cer.perception import transcription
from cer.perception.transcription import transcribe

WORDS = "I did not expect to see you here."
LOOP = "Thank you. " * 20
NO_TIMES, FIRST_TIME = 999, 1000  # tokens


class Tokenizer:
    """One token a character; the tokens from FIRST_TIME on are times."""

    def token_to_id(self, text: str) -> int:
        return NO_TIMES

    def decode(self, tokens: list[int], *, skip_special_tokens: bool) -> str:
        return "".join(map(chr, tokens))


def decoded(monkeypatch: pytest.MonkeyPatch, text: str, score: float) -> list[str]:
    """The sentences that `transcribe` makes of a decoder's text with this mean log-probability a token."""
    result = SimpleNamespace(sequences_ids=[[FIRST_TIME, *map(ord, text), FIRST_TIME + 100]], scores=[score])
    model = SimpleNamespace(generate=lambda output, prompts, **options: [result], is_multilingual=False)
    monkeypatch.setattr(
        transcription, "_whisper", lambda language: SimpleNamespace(hf_tokenizer=Tokenizer(), model=model)
    )
    return [sentence.text for sentence in transcribe(np.zeros(1), 0.0, 4.0)]


def test_words_that_whisper_is_sure_of_are_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decoded(monkeypatch, WORDS, -0.3) == [WORDS]


def test_words_that_whisper_guesses_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decoded(monkeypatch, WORDS, -0.99) == [WORDS]
    assert decoded(monkeypatch, WORDS, -1.01) == []


def test_words_that_whisper_repeats_in_a_loop_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decoded(monkeypatch, LOOP, -0.1) == []
