"""text: what the words say, whatever the voice. English words go to a head on the sentence encoder with an adapter for
spoken language; the words of every other language to a head on a multilingual encoder, which comes in an optional
package (extra `languages`).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from cer.modalities.base import WORDS, Prediction, SegmentPrediction, collect, softmax
from cer.models.checkpoints import (
    E5,
    LANGUAGES,
    MINILM,
    WHISPER,
    WHISPER_BASE,
    Checkpoint,
    installed,
    locate,
    note_of,
    require,
    shipped,
    verify,
)
from cer.models.runtime import cached_per_device, onnx_session
from cer.perception import multilingual_encoder, text_encoder
from cer.perception.evidence import Evidence
from cer.perception.language import ENGLISH, name_of
from cer.progress import Progress
from cer.segments import Segment

ADAPTER = "text_adapter.safetensors"
MULTILINGUAL = "text_multilingual.onnx"
MIN_SHARED = 0.5  # seconds, or half of the sentence, inside the segment for the sentence to count there
UNTRAINED_QUALITY = 0.5  # of words in a language that the head was not trained on


class Text:
    name = "text"
    source = WORDS
    per_person = False
    needs_frames = False
    needs_bodies = False

    def describe(self) -> tuple[Checkpoint, ...]:
        optional = [file for file in (WHISPER_BASE, E5) if installed(file)]
        return (*optional, *([shipped(MULTILINGUAL)] if E5 in optional else []), *_english())

    def load(self, progress: Progress) -> None:
        verify(self.describe())

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        require(_english())
        parts = [evidence.segment(segment) for segment in segments]
        results: list[SegmentPrediction | str] = []
        for part in parts:
            words, reason = spoken(part)
            results.append(reason or _classified(words, part.language))
        return collect(results, text_encoder.WIDTH)

    def domain(self, language: str) -> str | None:
        """What limits the judgment of words in a language; None where nothing does."""
        if language == ENGLISH:
            return None
        if not installed(E5):
            return unavailable(language)
        if language not in trained_languages():
            return f"speech in {name_of(language)}: the model of words was not trained on that language"
        return None


def _english() -> tuple[Checkpoint, ...]:
    return (WHISPER, MINILM, shipped(ADAPTER), shipped("text.onnx"))


def _classified(words: str, language: str | None) -> SegmentPrediction | str:
    """The prediction for words in a language (None: English, by assumption), or the reason why there is none."""
    if language in (None, ENGLISH):
        logits, embeddings = classify([words])
        return SegmentPrediction(softmax(logits[0]), embeddings[0], words)
    assert language is not None
    if not installed(E5):
        return unavailable(language)
    quality = 1.0 if language in trained_languages() else UNTRAINED_QUALITY
    return SegmentPrediction(softmax(classify_multilingual([words])[0][0]), None, words, quality)


def unavailable(language: str) -> str:
    """Why words in a language are not judged."""
    return (
        f"speech in {name_of(language)}; the words of other languages need the extra package {E5.package} "
        f"(pip install 'compound-expressions[{LANGUAGES}]')"
    )


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
    """Emotion logits float32 [N, 8] of N English texts, and their embeddings [N, 384]."""
    embeddings = text_encoder.encode(texts, shipped(ADAPTER))
    return np.asarray(_network().run(None, {"sentences": embeddings})[0]), embeddings


def classify_multilingual(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Emotion logits float32 [N, 8] of N texts in any language, and the probability that each emotion is in the text,
    whatever the others are, float32 [N, 8]. Raises WeightsError without the multilingual encoder.
    """
    logits, presence = _multilingual().run(None, {"sentences": multilingual_encoder.encode(texts)})
    return np.asarray(logits), np.asarray(presence)


@lru_cache(maxsize=1)
def trained_languages() -> frozenset[str]:
    """Codes of the languages that the multilingual head was trained on."""
    return frozenset(note_of(MULTILINGUAL)["languages"])


@cached_per_device()
def _network() -> Any:
    return onnx_session(locate(shipped("text.onnx")))


@cached_per_device()
def _multilingual() -> Any:
    return onnx_session(locate(shipped(MULTILINGUAL)))
