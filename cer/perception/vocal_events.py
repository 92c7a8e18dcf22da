"""Vocal events: laughing, crying, screaming, gasping and other sounds of a voice without words, found in sound whether
or not speech activity keeps it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from cer.media.clip import SAMPLE_RATE
from cer.models.checkpoints import locate, shipped
from cer.models.runtime import cached_per_device, onnx_session
from cer.perception.voice_encoder import ROWS_PER_SECOND
from cer.perception.voice_head import BURST_KINDS, predict_voice
from cer.perception.voice_statistics import voice_statistics

MIN_EVENT = 0.25  # seconds
MAX_GAP = 0.2  # seconds between two parts of one event
MIN_PROBABILITY = 0.5  # of a burst, per row
MIN_KIND = 0.5  # of a kind, to name it: of EmoGator's unknown speakers "cry" is right in 0.70 of the cases, not 0.57
MIN_RMS = 1e-3  # of full scale; quieter events are dropped
_BACKGROUND, _SPEECH, _BURST = range(3)
_SMOOTHING = np.ones(9) / 9  # rows


@dataclass(frozen=True, slots=True)
class Event:
    """A vocal burst from `start` to `end` seconds, of one of BURST_KINDS. confidence: that it is a burst, in [0, 1]."""

    start: float
    end: float
    kind: str
    confidence: float


def detect_events(samples: np.ndarray, rows: np.ndarray) -> tuple[Event, ...]:
    """Vocal bursts in mono 16 kHz samples [N], and rows [R, WIDTH] of the voice encoder about them, in order of time;
    seconds count from the first sample.
    """
    probabilities = np.convolve(voice_probabilities(rows)[:, _BURST], _SMOOTHING, "same")[: len(rows)]
    events = []
    for first, end in _stretches(probabilities > MIN_PROBABILITY):
        piece = samples[first * SAMPLE_RATE // ROWS_PER_SECOND : end * SAMPLE_RATE // ROWS_PER_SECOND]
        if end - first < MIN_EVENT * ROWS_PER_SECOND or np.sqrt(np.mean(piece**2)) < MIN_RMS:
            continue
        kind = kind_of(predict_voice(voice_statistics(rows[first:end], piece), 1.0)[2])
        confidence = float(probabilities[first:end].mean())
        events.append(Event(first / ROWS_PER_SECOND, end / ROWS_PER_SECOND, kind, confidence))
    return tuple(events)


def voice_probabilities(rows: np.ndarray) -> np.ndarray:
    """Float32 [R, 3]: background, speech, burst, for each row [R, WIDTH] of the voice encoder."""
    logits = _network().run(None, {"rows": rows[None]})[0][0]
    shifted = np.exp(logits - logits.max(1, keepdims=True))
    return np.asarray(shifted / shifted.sum(1, keepdims=True))


def burst_share(rows: np.ndarray) -> float:
    """Share of the voice in rows [R, WIDTH] that is a burst and not speech, in [0, 1]."""
    mean = voice_probabilities(rows).mean(0)
    return float(mean[_BURST] / max(float(mean[_BURST] + mean[_SPEECH]), 1e-6))


def kind_of(logits: np.ndarray) -> str:
    """The kind of a burst by logits [5]: the likeliest of BURST_KINDS if more likely than not, else "other"."""
    odds = np.exp(logits - logits.max())
    shares = odds / odds.sum()
    return BURST_KINDS[int(shares.argmax())] if shares.max() >= MIN_KIND else "other"


def _stretches(active: np.ndarray) -> list[tuple[int, int]]:
    """(first, end) of each run of active rows, runs closer than MAX_GAP joined."""
    edges = np.flatnonzero(np.diff(np.pad(active.astype(np.int8), 1)))
    stretches: list[tuple[int, int]] = []
    for first, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if stretches and first - stretches[-1][1] <= MAX_GAP * ROWS_PER_SECOND:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((first, end))
    return stretches


@cached_per_device()
def _network() -> Any:
    return onnx_session(locate(shipped("vocal_events.onnx")))
