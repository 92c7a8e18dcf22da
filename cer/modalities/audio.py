"""audio: how the voice sounds, whatever it says. A head on statistics over time of the voice encoder's rows and on
prosody; sounds without words are judged by what bursts sound like.
"""

from collections.abc import Sequence

import numpy as np

from cer.media.clip import SAMPLE_RATE
from cer.modalities.base import VOICE, Prediction, SegmentPrediction, collect, softmax
from cer.models.checkpoints import Checkpoint, require, shipped, verify
from cer.perception.evidence import Evidence
from cer.perception.speech import Utterance
from cer.perception.vocal_events import burst_share
from cer.perception.voice_encoder import WEIGHTS, stretch_of
from cer.perception.voice_head import predict_voice
from cer.perception.voice_statistics import voice_statistics
from cer.progress import Progress
from cer.segments import Segment

MIN_VOICE = 0.5  # seconds in a segment; less is a sound, not a tone of voice
FULL_VOICE = 1.7  # seconds; a fifth of the training recordings of speech are shorter, none shorter than 1.1
WIDTH = 128


class Audio:
    name = "audio"
    source = VOICE
    per_person = False
    needs_frames = False
    needs_bodies = False

    def describe(self) -> tuple[Checkpoint, ...]:
        return (shipped(WEIGHTS), *(shipped(f"{name}.onnx") for name in ("voice_encoder", "vocal_events", "audio")))

    def load(self, progress: Progress) -> None:
        verify(self.describe())

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        require(self.describe())
        return collect([_predict_segment(evidence.segment(segment)) for segment in segments], WIDTH)


def _predict_segment(evidence: Evidence) -> SegmentPrediction | str:
    if not evidence.has_audio:
        return "no audio track"
    voice = evidence.voice()
    seconds = sum(end - start for start, end, _ in voice)
    if seconds < MIN_VOICE:
        return "no speech"
    rows = np.concatenate([rows_between(utterance, start, end) for start, end, utterance in voice])
    samples = np.concatenate([samples_between(utterance, start, end) for start, end, utterance in voice])
    burst = burst_share(rows)
    logits, embedding = classify(rows, samples, burst)
    return SegmentPrediction(softmax(logits), embedding, quality=voice_quality(seconds, burst))


def voice_quality(seconds: float, burst: float) -> float:
    """How far to trust a voice, in (0, 1]: less in speech that is shorter than what the head was trained on (nEMO, left
    out: 0.35 of the shortest fifth right, 0.50 of the longest). Bursts are short by nature.
    """
    return burst + (1 - burst) * min(1.0, seconds / FULL_VOICE)


def rows_between(utterance: Utterance, start: float, end: float) -> np.ndarray:
    """Rows [R, WIDTH] of an utterance from `start` to `end` seconds of the clip; at least one."""
    return stretch_of(utterance.rows, start - utterance.start, end - utterance.start)


def samples_between(utterance: Utterance, start: float, end: float) -> np.ndarray:
    """Samples [N] of an utterance from `start` to `end` seconds of the clip."""
    first, last = (round((time - utterance.start) * SAMPLE_RATE) for time in (start, end))
    return utterance.samples[first:last]


def classify(rows: np.ndarray, samples: np.ndarray, burst: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Emotion logits [8] and embedding [128] of a stretch of voice.

    Args:
        rows: float32 [R, WIDTH] of the voice encoder.
        samples: float32 [N], the same stretch at 16 kHz.
        burst: share that is sounds without words, in [0, 1]; by default the event detector says.
    """
    share = burst_share(rows) if burst is None else burst
    logits, embedding, _ = predict_voice(voice_statistics(rows, samples), share)
    return logits, embedding
