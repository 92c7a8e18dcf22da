"""Speech: where somebody speaks, how it sounds, and the words.

Speech activity (Silero, as packaged in faster-whisper) gates both the audio and the text modality: silence and music
reach neither, so no words are invented for them.
"""

import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from .checkpoints import THREADS, WHISPER, locate
from .errors import WeightsError
from .media import SAMPLE_RATE, Sound
from .voice import WIDTH, listen

MARKS_PER_SECOND = 50  # of Whisper's clock
LONGEST_UTTERANCE = 20.0  # seconds; with the silence after it this fits Whisper's 30 s
PAUSE = 1.0  # seconds of silence that end an utterance
SILENCE = 8.0  # seconds appended before encoding: with less, tiny.en repeats short phrases; 30 s take 2.4 times as long
LISTEN = 30.0  # seconds of sound that are searched for speech at a time
LEAST_SPEECH = 0.25  # seconds
LEAST_CONFIDENCE = -1.0  # mean log-probability per token; below it tiny.en is guessing (as in Whisper's own decoder)
MOST_COMPRESSION = 2.4  # of the text by zlib; above it the decoder is looping (as in Whisper's own decoder)


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words spoken from start to end (seconds); confidence is the mean token probability in [0, 1]."""

    start: float
    end: float
    text: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech with short pauses.

    regions: (start, end) seconds in which somebody speaks. samples: float32 [N] at 16 kHz from `start`. rows: float32
    [R, 1152], how it sounds (`cer.voice`), 50 a second from `start`, none where its weights cannot be had. sentences:
    what was understood; empty when nothing was.
    """

    start: float
    end: float
    regions: tuple[tuple[float, float], ...]
    samples: np.ndarray
    rows: np.ndarray
    sentences: tuple[Sentence, ...] = ()


Transcriber = Callable[[np.ndarray, float], tuple[Sentence, ...]]
"""Samples float32 [N] at 16 kHz and the second of the clip at which they begin, to the sentences in them."""


@lru_cache(maxsize=1)
def _whisper() -> Any:
    from faster_whisper import WhisperModel

    # int8 hears as well as float32 (400 RAVDESS recordings: word error rate 2.2 % against 2.3 %, the difference -0.1 %
    # [-0.4, 0.2]) and takes 0.6 times as long.
    path = locate(WHISPER)
    return WhisperModel(str(path.parent), device="cpu", compute_type="int8", cpu_threads=THREADS, local_files_only=True)


def speech_regions(samples: np.ndarray) -> list[tuple[float, float]]:
    """(start, end) in seconds of each stretch of speech in mono 16 kHz samples."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    if len(samples) < SAMPLE_RATE * LEAST_SPEECH:
        return []
    options = VadOptions(
        min_silence_duration_ms=300, speech_pad_ms=150, min_speech_duration_ms=int(LEAST_SPEECH * 1000)
    )
    found = get_speech_timestamps(samples, options)
    return [(one["start"] / SAMPLE_RATE, one["end"] / SAMPLE_RATE) for one in found]


def encode(samples: np.ndarray) -> Any:
    """Whisper's encoder output, for `transcribe`, of up to 22 s of mono 16 kHz samples."""
    whisper = _whisper()
    padded = np.pad(samples, (0, int(SILENCE * SAMPLE_RATE)))[: 30 * SAMPLE_RATE]
    return whisper.encode(whisper.feature_extractor(padded)[:, :3000])


def transcribe(output: Any, start: float, end: float) -> tuple[Sentence, ...]:
    """The sentences in an encoder output whose sound runs from `start` to `end`; none when the words are a guess."""
    whisper = _whisper()
    tokenizer = whisper.hf_tokenizer
    begin = tokenizer.token_to_id("<|startoftranscript|>")
    first_time = tokenizer.token_to_id("<|notimestamps|>") + 1
    longest = min(200, 20 + int((end - start) * 12))  # tokens; fast speech has about eight a second
    result = whisper.model.generate(
        output, [[begin]], beam_size=1, max_length=longest, return_scores=True, return_no_speech_prob=True
    )[0]
    tokens = result.sequences_ids[0]
    text = tokenizer.decode([t for t in tokens if t < first_time], skip_special_tokens=True)
    if result.scores[0] < LEAST_CONFIDENCE or not text.strip() or _compression(text) > MOST_COMPRESSION:
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
            sentences.append(Sentence(since, max(now, since + 0.1), spoken, float(np.exp(result.scores[0]))))
        words, since = [], now
    return tuple(sentences)


def _compression(text: str) -> float:
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw))


@dataclass
class Listener:
    """Turns a stream of sounds into utterances, holding at most about LISTEN + LONGEST_UTTERANCE seconds of it.

    transcriber: writes down speech in place of Whisper tiny.en.
    """

    transcriber: Transcriber | None = None
    _pieces: list[np.ndarray] = field(default_factory=list)
    _start: float = 0.0  # seconds; of the first held sample
    _held: int = 0  # samples

    def feed(self, sound: Sound) -> Iterator[Utterance]:
        """Utterances that are complete now that `sound` was heard."""
        end = self._start + self._held / SAMPLE_RATE
        if self._held and abs(sound.time - end) > 0.05:
            yield from self.finish()  # a gap in the track
        if not self._held:
            self._start = sound.time
        self._pieces.append(sound.samples)
        self._held += len(sound.samples)
        if self._held >= LISTEN * SAMPLE_RATE:
            yield from self._listen(last=False)

    def finish(self) -> Iterator[Utterance]:
        """Utterances in what is still held."""
        if self._held:
            yield from self._listen(last=True)

    @property
    def heard_until(self) -> float:
        """Seconds before which every utterance has been given."""
        return self._start

    def _listen(self, *, last: bool) -> Iterator[Utterance]:
        samples = np.concatenate(self._pieces)
        groups = _group(speech_regions(samples))
        length = len(samples) / SAMPLE_RATE
        keep = length  # seconds; from here on the sound is held back for the next call
        if not last:
            keep = max(0.0, length - PAUSE)
            if groups and groups[-1][-1][1] > keep and groups[-1][0][0] > 0:
                keep = groups[-1][0][0]
                groups.pop()
        start = self._start
        rest = samples[int(keep * SAMPLE_RATE) :]
        self._pieces, self._held, self._start = (
            ([rest] if len(rest) else []),
            len(rest),
            start + int(keep * SAMPLE_RATE) / SAMPLE_RATE,
        )
        for group in groups:
            yield _utterance(samples, group, start, self.transcriber)


def _group(regions: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Regions joined into utterances: pauses shorter than PAUSE, together at most LONGEST_UTTERANCE; a longer region
    is cut.
    """
    groups: list[list[tuple[float, float]]] = []
    for first, end in regions:
        start = first
        while start < end:
            stop = min(end, start + LONGEST_UTTERANCE)
            if groups and start - groups[-1][-1][1] < PAUSE and stop - groups[-1][0][0] <= LONGEST_UTTERANCE:
                groups[-1].append((start, stop))
            else:
                groups.append([(start, stop)])
            start = stop
    return groups


def _utterance(
    samples: np.ndarray, group: list[tuple[float, float]], offset: float, transcriber: Transcriber | None
) -> Utterance:
    start, end = group[0][0], group[-1][1]
    spoken = samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
    since, until = start + offset, end + offset
    regions = tuple((a + offset, b + offset) for a, b in group)
    sentences: tuple[Sentence, ...] = ()
    rows = np.zeros((0, WIDTH), np.float32)
    # Weights that cannot be had cost the words or the voice, whose modality says so, and not the clip.
    with suppress(WeightsError):
        sentences = transcriber(spoken, since) if transcriber else transcribe(encode(spoken), since, until)
    with suppress(WeightsError):
        rows = listen(spoken)
    return Utterance(since, until, regions, spoken, rows, sentences)
