"""audio: how the voice sounds, whatever it says. A head on statistics over time of what the voice encoder hears."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cer.modalities.base import VOICE, Prediction, SegmentPrediction, collect, softmax
from cer.models.checkpoints import WHISPER, Checkpoint, locate, require, shipped
from cer.models.runtime import cached_per_device, onnx_session
from cer.perception.evidence import Evidence
from cer.perception.speech import Utterance
from cer.perception.voice_encoder import ROWS_PER_SECOND
from cer.progress import Progress
from cer.segments import Segment

MIN_SPEECH = 0.5  # seconds in a segment; less is a sound, not a tone of voice
WIDTH = 128


class Audio:
    name = "audio"
    source = VOICE
    per_person = False
    needs_frames = False

    def describe(self) -> tuple[Checkpoint, ...]:
        return (WHISPER, shipped("voice_encoder.onnx"), shipped("audio.onnx"))

    def load(self, progress: Progress) -> None:
        require(self.describe())

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        require(self.describe())
        return collect([_predict_segment(evidence.segment(segment)) for segment in segments], WIDTH)


def _predict_segment(evidence: Evidence) -> SegmentPrediction | str:
    if not evidence.has_audio:
        return "no audio track"
    speech = evidence.speech()
    if sum(end - start for start, end, _ in speech) < MIN_SPEECH:
        return "no speech"
    logits, embedding = read(np.concatenate([rows_between(one, start, end) for start, end, one in speech]))
    return SegmentPrediction(softmax(logits), embedding)


def rows_between(utterance: Utterance, start: float, end: float) -> np.ndarray:
    """Rows [R, 1152] of an utterance from `start` to `end` seconds of the clip; at least one."""
    first = min(round((start - utterance.start) * ROWS_PER_SECOND), len(utterance.rows) - 1)
    return utterance.rows[first : max(first + 1, round((end - utterance.start) * ROWS_PER_SECOND))]


def read(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Emotion logits [8] and embedding [128] of what the voice encoder heard, float32 [R, 1152]."""
    logits, embedding = _network().run(None, {"rows": rows[None]})
    return logits[0], embedding[0]


@cached_per_device()
def _network() -> Any:
    return onnx_session(locate(shipped("audio.onnx")))
