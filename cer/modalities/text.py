"""text: what the words say, whatever the voice. A head on the embedding of what was said in the segment, by the
sentence encoder with an adapter for spoken language.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cer.modalities.base import WORDS, Prediction, SegmentPrediction, collect, softmax
from cer.models.checkpoints import MINILM, WHISPER, Checkpoint, locate, require, shipped
from cer.models.runtime import cached_per_device, onnx_session
from cer.perception import text_encoder
from cer.perception.evidence import Evidence
from cer.progress import Progress
from cer.segments import Segment

ADAPTER = "text_adapter.safetensors"
MIN_SHARED = 0.5  # seconds, or half of the sentence, inside the segment for the sentence to count there


class Text:
    name = "text"
    source = WORDS
    per_person = False
    needs_frames = False

    def describe(self) -> tuple[Checkpoint, ...]:
        return (WHISPER, MINILM, shipped(ADAPTER), shipped("text.onnx"))

    def load(self, progress: Progress) -> None:
        require(self.describe())

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        require(self.describe())
        spoken_words = [spoken(evidence.segment(segment)) for segment in segments]
        predictions = zip(*classify([words for words, reason in spoken_words if reason is None]), strict=True)
        results: list[SegmentPrediction | str] = []
        for words, reason in spoken_words:
            if reason is not None:
                results.append(reason)
            else:
                logits, embedding = next(predictions)
                results.append(SegmentPrediction(softmax(logits), embedding, words))
        return collect(results, text_encoder.WIDTH)


def spoken(evidence: Evidence) -> tuple[str, str | None]:
    """The words of a segment's evidence and None, or "" and the reason why there are none."""
    if not evidence.has_audio:
        return "", "no audio track"
    if not evidence.speech():
        return "", "no speech"
    words = []
    for utterance in evidence.utterances:
        for sentence in utterance.sentences:
            shared = min(sentence.end, evidence.end) - max(sentence.start, evidence.start)
            if shared >= min(MIN_SHARED, (sentence.end - sentence.start) / 2):
                words.append(sentence.text)
    return (" ".join(words), None) if words else ("", "no words understood")


def classify(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Emotion logits float32 [N, 8] of N texts, and their embeddings [N, 384]."""
    embeddings = text_encoder.encode(texts, shipped(ADAPTER))
    return np.asarray(_network().run(None, {"sentences": embeddings})[0]), embeddings


@cached_per_device()
def _network() -> Any:
    return onnx_session(locate(shipped("text.onnx")))
