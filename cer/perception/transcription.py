"""Transcription: the words in a stretch of speech, by Whisper: tiny.en for English, base for every other language.

Whisper base comes in optional packages (extra `languages`) and is loaded when another language is spoken, or when
somebody asks which language that is.
"""

import shutil
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from cer.media.clip import SAMPLE_RATE
from cer.models.checkpoints import WHISPER, WHISPER_BASE, folder, join, locate
from cer.models.runtime import THREADS
from cer.perception import synthesizers

MARKS_PER_SECOND = 50  # of Whisper's clock

SILENCE = 8.0  # seconds appended before encoding: with less, tiny.en repeats short phrases; 30 s take 2.4 times as long

MIN_CONFIDENCE = -1.0  # mean log-probability per token; below it tiny.en is guessing (as in Whisper's own decoder)

MAX_COMPRESSION = 2.4  # of the text by zlib; above it the decoder is looping (as in Whisper's own decoder)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words spoken from start to end (seconds); confidence is the mean token probability in [0, 1]. language: its code,
    None where it was not identified.
    """

    start: float
    end: float
    text: str
    confidence: float
    language: str | None = None


SHORTEST = 0.1  # seconds, of a sentence


def plausible(sentences: Iterable[Sentence], start: float, end: float) -> tuple[Sentence, ...]:
    """The sentences of a sound from `start` to `end` that can have been spoken in it.

    A model whose sound stops in the middle of a word goes on: what begins at the end is dropped, and so is a sentence
    that repeats the last. The others end with the sound at the latest.
    """
    result: list[Sentence] = []
    for sentence in sentences:
        since = max(sentence.start, start)
        repeats = bool(result) and _plain(result[-1].text) == _plain(sentence.text)
        if since <= end - SHORTEST and not repeats:
            until = min(max(sentence.end, since + SHORTEST), end)
            result.append(replace(sentence, start=since, end=until))
    return tuple(result)


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


# Two threads on two cores take 1.8 times the processor time of one for the same words, and the faces wait for it.
THREADS_BESIDE_FACES = max(1, THREADS // 2)

Transcriber = Callable[[np.ndarray, float], tuple[Sentence, ...]]

"""Samples float32 [N] at 16 kHz and the second of the clip at which they begin, to the sentences in them."""


@lru_cache(maxsize=1)
def _english() -> Any:
    from faster_whisper import WhisperModel

    # int8 hears as well as float32 (400 RAVDESS recordings: word error rate 2.2 % against 2.3 %, the difference -0.1 %
    # [-0.4, 0.2]) and takes 0.6 times as long.
    path = locate(WHISPER)
    return WhisperModel(
        str(path.parent), device="cpu", compute_type="int8", cpu_threads=THREADS_BESIDE_FACES, local_files_only=True
    )


@lru_cache(maxsize=1)
def _multilingual() -> Any:
    from faster_whisper import WhisperModel

    beside = folder(WHISPER_BASE.parts[-1][0]) / "data"  # the second of the weights' two packages has the other files
    # Joined in a folder, for what CTranslate2 is given in memory it holds on to: 138 MB beside the model.
    with TemporaryDirectory() as joined:
        join(WHISPER_BASE, Path(joined) / "model.bin")
        for name in ("config.json", "vocabulary.json", "tokenizer.json"):
            shutil.copyfile(beside / name, Path(joined) / name)
        return WhisperModel(
            joined, device="cpu", compute_type="int8", cpu_threads=THREADS_BESIDE_FACES, local_files_only=True
        )


def _whisper(language: str | None) -> Any:
    return _english() if language in (None, "en") else _multilingual()


def open_multilingual() -> None:
    """Open Whisper base before there is speech. Raises WeightsError when it is not installed."""
    _multilingual()


def encode(samples: np.ndarray, language: str | None = None) -> Any:
    """Whisper's encoder output, for `transcribe`, of up to 22 s of mono 16 kHz samples. language: None is English."""
    return _encoded(_whisper(language), samples)


def _encoded(whisper: Any, samples: np.ndarray) -> Any:
    padded = np.pad(samples, (0, int(SILENCE * SAMPLE_RATE)))[: 30 * SAMPLE_RATE]
    return whisper.encode(whisper.feature_extractor(padded)[:, :3000])


def languages(samples: np.ndarray) -> Mapping[str, float]:
    """The probability of each of Whisper's languages in up to 22 s of speech, mono at 16 kHz.

    Raises:
        WeightsError: Whisper base is not installed.
    """
    return synthesizers.named(*guessed(samples))


def guessed(samples: np.ndarray) -> tuple[np.ndarray, dict[str, float]]:
    """Whisper base's encoder output, float32 [R, 512], without that of the silence after the speech, and its own guess
    at the language. Raises WeightsError when it is not installed.
    """
    whisper = _multilingual()
    output = _encoded(whisper, samples)
    (guesses,) = whisper.model.detect_language(output)
    rows = max(1, round(len(samples) / SAMPLE_RATE * MARKS_PER_SECOND))
    return np.asarray(output)[0, :rows], {token.strip("<|>"): probability for token, probability in guesses}


def transcribe(output: Any, start: float, end: float, language: str | None = None) -> tuple[Sentence, ...]:
    """The sentences in an encoder output whose sound runs from `start` to `end`; none when the words are a guess.
    language: what is spoken; None is English by assumption.
    """
    whisper = _whisper(language)
    tokenizer = whisper.hf_tokenizer
    first_time = tokenizer.token_to_id("<|notimestamps|>") + 1
    marks = ["<|startoftranscript|>"]
    if whisper.model.is_multilingual:
        marks += [f"<|{language}|>", "<|transcribe|>"]
    begin = [tokenizer.token_to_id(mark) for mark in marks]
    longest = min(200, 20 + int((end - start) * 12))  # tokens; fast speech has about eight a second
    result = whisper.model.generate(
        output, [begin], beam_size=1, max_length=longest, return_scores=True, return_no_speech_prob=True
    )[0]
    tokens = result.sequences_ids[0]
    text = tokenizer.decode([t for t in tokens if t < first_time], skip_special_tokens=True)
    if result.scores[0] < MIN_CONFIDENCE or not text.strip() or _compression(text) > MAX_COMPRESSION:
        return ()
    sentences: list[Sentence] = []
    words: list[int] = []
    since = start
    for token in [*tokens, first_time + int((end - start) * MARKS_PER_SECOND)]:
        if token < first_time:
            words.append(token)
            continue
        now = min(end, start + (token - first_time) / MARKS_PER_SECOND)
        spoken = tokenizer.decode(words, skip_special_tokens=True).strip()
        if spoken:
            sentences.append(Sentence(since, now, spoken, float(np.exp(result.scores[0])), language))
        words, since = [], now
    return plausible(sentences, start, end)


def _compression(text: str) -> float:
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw))
