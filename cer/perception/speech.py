"""Speech: where somebody speaks, how it sounds, and the words.

Speech activity (Silero, as packaged in faster-whisper) gates both the audio and the text modality: silence and music
reach neither, so no words are invented for them.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np

from cer.errors import WeightsError
from cer.media.clip import SAMPLE_RATE, Sound
from cer.perception.language import LanguageDetector
from cer.perception.transcription import Sentence, Transcriber, encode, plausible, transcribe
from cer.perception.vocal_events import Event, detect_events
from cer.perception.voice_encoder import WIDTH, listen, stretch_of

MAX_UTTERANCE = 20.0  # seconds; with the silence after it this fits Whisper's 30 s

PAUSE = 1.0  # seconds of silence that end an utterance

LISTEN = 15.0  # seconds of new sound that are searched for speech at a time

MIN_BURST_CONFIDENCE = 0.65  # a burst of no kind is left out at any confidence: music and handling noise pass for it
SPOKEN = "gasp"  # a burst that is a word where speech activity keeps it: "Oh!", "Ah!"
MIN_SPEECH = 0.25  # seconds

MAX_OFFSET = 0.01  # mean of the samples; more is a fault of the microphone's electronics

QUIET_LEVEL = 0.05  # magnitude that 1 sample in 200 exceeds; speech below it is raised to it

SILENCE_LEVEL = 0.0005  # what stays below it is the noise of a track without sound


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech with short pauses.

    regions: (start, end) seconds in which somebody speaks. samples: float32 [N] at 16 kHz from `start`. rows: float32
    [R, WIDTH], how it sounds (`voice_encoder`), 50 a second from `start`, none where its weights cannot be had.
    sentences: the transcript; empty when nothing was understood. events: vocal bursts in it; one without regions is a
    burst that speech activity dropped. language: its code; None where it was not identified.
    """

    start: float
    end: float
    regions: tuple[tuple[float, float], ...]
    samples: np.ndarray
    rows: np.ndarray
    sentences: tuple[Sentence, ...] = ()
    events: tuple[Event, ...] = ()
    language: str | None = None


def speech_regions(samples: np.ndarray) -> list[tuple[float, float]]:
    """(start, end) in seconds of each stretch of speech in mono 16 kHz samples."""
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    if len(samples) < SAMPLE_RATE * MIN_SPEECH:
        return []
    options = VadOptions(min_silence_duration_ms=300, speech_pad_ms=150, min_speech_duration_ms=int(MIN_SPEECH * 1000))
    timestamps = get_speech_timestamps(samples, options)
    return [(region["start"] / SAMPLE_RATE, region["end"] / SAMPLE_RATE) for region in timestamps]


def leveled(samples: np.ndarray) -> np.ndarray:
    """Samples float32 [N] without a constant offset, and loud enough to be searched for speech; as they are where they
    have neither fault. Near-silence stays what it is.
    """
    offset = float(samples.mean()) if len(samples) else 0.0
    if abs(offset) > MAX_OFFSET:
        samples = samples - np.float32(offset)
    loudness = float(np.quantile(np.abs(samples), 0.995)) if len(samples) else 0.0
    if SILENCE_LEVEL < loudness < QUIET_LEVEL:
        samples = (samples * np.float32(QUIET_LEVEL / loudness)).clip(-1, 1)
    return samples


@dataclass
class Listener:
    """Turns a stream of sounds into utterances, holding at most about LISTEN + MAX_UTTERANCE seconds of it. Speech that
    goes on is held back until it pauses, or is MAX_UTTERANCE long.

    transcriber: writes down speech in place of Whisper tiny.en. detector: of the language; it may have judged before.
    identify: whether it judges this sound.
    """

    transcriber: Transcriber | None = None
    detector: LanguageDetector = field(default_factory=LanguageDetector)
    identify: bool = True
    _pieces: list[np.ndarray] = field(default_factory=list)
    _start: float = 0.0  # seconds; of the first held sample
    _held: int = 0  # samples
    _searched: int = 0  # samples of those that were searched before

    def prepare(self) -> None:
        """Open the networks that any sound needs, while the first of it is still being decoded."""
        silence = np.zeros(SAMPLE_RATE // 2, np.float32)
        speech_regions(silence)
        _Voice(silence).bursts()
        if self.transcriber is None and self.identify:
            self.detector.prepare()

    def feed(self, sound: Sound) -> Iterator[Utterance]:
        """Utterances that are complete now that `sound` was heard."""
        end = self._start + self._held / SAMPLE_RATE
        if self._held and abs(sound.time - end) > 0.05:
            yield from self.finish()  # a gap in the track
        if not self._held:
            self._start = sound.time
        self._pieces.append(sound.samples)
        self._held += len(sound.samples)
        if self._held - self._searched >= LISTEN * SAMPLE_RATE:
            yield from self._listen(last=False)

    def finish(self) -> Iterator[Utterance]:
        """Utterances in what is still held."""
        if self._held:
            yield from self._listen(last=True)

    @property
    def processed_until(self) -> float:
        """Seconds before which every utterance has been given."""
        return self._start

    def _listen(self, *, last: bool) -> Iterator[Utterance]:
        buffered = np.concatenate(self._pieces)
        samples = leveled(buffered)
        groups = _group(speech_regions(samples))
        length = len(samples) / SAMPLE_RATE
        keep = length  # seconds; from here on the sound is held back for the next call
        if not last:
            keep = max(0.0, length - PAUSE)
            if groups and groups[-1][-1][1] > keep and length - groups[-1][0][0] < MAX_UTTERANCE:
                keep = groups[-1][0][0]
                groups.pop()
        start = self._start
        rest = buffered[int(keep * SAMPLE_RATE) :]
        self._pieces, self._held, self._searched = ([rest] if len(rest) else []), len(rest), len(rest)
        self._start = start + int(keep * SAMPLE_RATE) / SAMPLE_RATE
        if not keep:
            return
        if self.transcriber is None and self.identify:
            self._identify(samples, groups)
        until = max([keep, *(group[-1][1] for group in groups)])
        voice = _Voice(samples[: int(until * SAMPLE_RATE)])
        events = [replace(event, end=min(event.end, keep)) for event in voice.bursts() if event.start < keep]
        utterances = [_utterance(voice, group, events, start, self.transcriber, self.detector) for group in groups]
        utterances += [_burst(voice, event, start) for event in events if not _within(event, groups)]
        yield from sorted(utterances, key=lambda utterance: utterance.start)

    def _identify(self, samples: np.ndarray, groups: list[list[tuple[float, float]]]) -> None:
        """Judge the language of utterances, until enough speech was judged; nothing without Whisper base."""
        with suppress(WeightsError):
            for group in groups:
                if self.detector.settled or not self.detector.available:
                    return
                self.detector.add(samples[int(group[0][0] * SAMPLE_RATE) : int(group[-1][1] * SAMPLE_RATE)])


def _group(regions: list[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Regions joined into utterances: pauses shorter than PAUSE, together at most MAX_UTTERANCE; a longer region
    is cut.
    """
    groups: list[list[tuple[float, float]]] = []
    for first, end in regions:
        start = first
        while start < end:
            stop = min(end, start + MAX_UTTERANCE)
            if groups and start - groups[-1][-1][1] < PAUSE and stop - groups[-1][0][0] <= MAX_UTTERANCE:
                groups[-1].append((start, stop))
            else:
                groups.append([(start, stop)])
            start = stop
    return groups


class _Voice:
    """Samples float32 [N] and the voice encoder's rows [R, WIDTH] about them; none where its weights cannot be had: the
    modality `audio` says so.
    """

    def __init__(self, samples: np.ndarray) -> None:
        self.samples = samples
        self.rows = np.zeros((0, WIDTH), np.float32)
        with suppress(WeightsError):
            self.rows = listen(samples)

    def between(self, start: float, end: float) -> tuple[np.ndarray, np.ndarray]:
        """Samples and rows from `start` to `end` seconds; at least one row."""
        sound = self.samples[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)]
        return sound, stretch_of(self.rows, start, end)

    def bursts(self) -> tuple[Event, ...]:
        """Vocal bursts that can be named."""
        if not len(self.rows):
            return ()
        with suppress(WeightsError):
            events = detect_events(self.samples, self.rows)
            return tuple(
                event for event in events if event.kind != "other" and event.confidence >= MIN_BURST_CONFIDENCE
            )
        return ()


def _within(event: Event, groups: list[list[tuple[float, float]]]) -> bool:
    """Whether speech activity covers at least half of an event."""
    covered = sum(max(0.0, min(end, event.end) - max(start, event.start)) for group in groups for start, end in group)
    return covered >= (event.end - event.start) / 2


def _burst(voice: _Voice, event: Event, offset: float) -> Utterance:
    """A vocal burst that speech activity drops."""
    moved = replace(event, start=event.start + offset, end=event.end + offset)
    return Utterance(moved.start, moved.end, (), *voice.between(event.start, event.end), events=(moved,))


def _utterance(
    voice: _Voice,
    group: list[tuple[float, float]],
    events: Sequence[Event],
    offset: float,
    transcriber: Transcriber | None,
    detector: LanguageDetector,
) -> Utterance:
    start, end = group[0][0], group[-1][1]
    spoken, rows = voice.between(start, end)
    since, until = start + offset, end + offset
    regions = tuple((a + offset, b + offset) for a, b in group)
    language = detector.language if transcriber is None else None
    sentences: tuple[Sentence, ...] = ()
    with suppress(WeightsError):  # weights that cannot be had cost the words, whose modality says so, and not the clip
        if transcriber is not None:
            sentences = plausible(transcriber(spoken, since), since, until)
        elif language is not None or not detector.judged:
            # Without Whisper base nobody can tell the language, and the words are taken for English.
            sentences = transcribe(encode(spoken, language), since, until, language)
    inside = tuple(
        replace(event, start=event.start + offset, end=event.end + offset)
        for event in events
        if event.kind != SPOKEN and _within(event, [group])
    )
    return Utterance(since, until, regions, spoken, rows, sentences, inside, language or _spoken_language(sentences))


def _spoken_language(sentences: tuple[Sentence, ...]) -> str | None:
    """What a transcriber of its own says."""
    return sentences[0].language if sentences else None
