"""text: what the words say, whatever the voice. A head on the sentence embedding of what was said in the segment."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from .. import sentences
from ..checkpoints import MINILM, WHISPER, Checkpoint, locate, onnx_session, shipped
from ..evidence import Evidence
from ..segments import Segment
from .base import Prediction, Seen, collect, softmax

LEAST_SHARED = 0.5  # seconds, or half of the sentence, inside the segment for the sentence to count there


class Text:
    name = "text"
    personal = False
    watches = False

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        return (WHISPER, MINILM, shipped("text.onnx"))

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        said = [spoken(evidence.segment(segment)) for segment in segments]
        texts = [words for words, reason in said if reason is None]
        embeddings = iter(sentences.encode(texts))
        answers: list[Seen | str] = []
        for words, reason in said:
            if reason is not None:
                answers.append(reason)
            else:
                embedding = next(embeddings)
                answers.append(Seen(softmax(read(embedding[None])[0]), embedding, words))
        return collect(answers, sentences.WIDTH)


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
            if shared >= min(LEAST_SHARED, (sentence.end - sentence.start) / 2):
                words.append(sentence.text)
    return (" ".join(words), None) if words else ("", "no words understood")


def read(embeddings: np.ndarray) -> np.ndarray:
    """Emotion logits [N, 8] of sentence embeddings float32 [N, 384]."""
    return np.asarray(_network().run(None, {"sentences": embeddings})[0])


@lru_cache(maxsize=1)
def _network() -> Any:
    return onnx_session(locate(shipped("text.onnx")))
