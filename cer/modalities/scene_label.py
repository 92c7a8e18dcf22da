"""scene_label: which label text fits the image of the person best.

A two-tower matcher in the manner of CLIP (arXiv 2103.00020) with the text tower locked (LiT, arXiv 2111.07991): the
image tower is trained against all-MiniLM-L6-v2, so any text can be queried, the compound expressions included.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from cer.labels import COMPOUNDS, EMOTIONS, PAIRS
from cer.modalities.base import FACE, Prediction, SegmentPrediction, collect, softmax
from cer.models.checkpoints import CENTERFACE, MINILM, Checkpoint, locate, shipped, verify
from cer.models.runtime import cached_per_device, onnx_session
from cer.perception import text_encoder
from cer.perception.evidence import Evidence
from cer.perception.face_encoder import frame_weights, segment_quality
from cer.progress import Progress
from cer.segments import Segment

TEMPLATES = ("a photo of a {} face", "a person who looks {}", "the face of a person feeling {}", "a {} expression")
_WORDS = {
    "Neutral": "neutral",
    "Anger": "angry",
    "Disgust": "disgusted",
    "Fear": "afraid",
    "Happiness": "happy",
    "Sadness": "sad",
    "Surprise": "surprised",
    "Other": "contemptuous",
}


# The trained scale suits the faces that it was trained on. With this it suits film, the one corpus that was not among
# them: calibration error of film stills 0.18 -> 0.10, web 0.02 -> 0.10, press 0.05 -> 0.13, FER+ validation 0.07 ->
# 0.17. There it says less than it could.
TEMPERATURE = 1.3
# The same of compound labels among themselves: two that share an emotion lie near to each other. It suits FER+
# validation faces that divided the crowd (`compound_temperature` of cer.train.scene_label); calibration error on
# RAF-CE, which had no part in it, 0.14 -> 0.06.
COMPOUND_TEMPERATURE = 0.66


class SceneLabel:
    """Softmax over the cosine between the image and the texts of the eight emotions, times the trained scale."""

    name = "scene_label"
    source = FACE
    per_person = True
    needs_frames = False
    needs_bodies = False

    def describe(self) -> tuple[Checkpoint, ...]:
        return (CENTERFACE, shipped("face.onnx"), shipped("scene_label.onnx"), MINILM)

    def load(self, progress: Progress) -> None:
        verify(self.describe())

    def prepare(self) -> None:
        _tower()
        label_texts(EMOTIONS)

    def match_labels(self, embeddings: np.ndarray, labels: Sequence[str]) -> np.ndarray:
        """Probabilities [N, K] that any labels fit faces with this modality's embeddings [N, 384]."""
        temperature = COMPOUND_TEMPERATURE if set(labels) <= set(COMPOUNDS) else 1.0
        return match(embeddings, label_texts(labels), scale() / temperature)

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        return collect(
            [_predict_segment(evidence.segment(segment), person) for segment in segments], text_encoder.WIDTH
        )


def _predict_segment(evidence: Evidence, person: int | None) -> SegmentPrediction | str:
    if not evidence.has_video:
        return "no video track"
    sightings, expressions = evidence.person(person)
    if not sightings:
        return "nobody in view to match labels with"
    projected = project(expressions.embeddings)
    mean = frame_weights(expressions)[None] @ projected
    mean /= np.linalg.norm(mean)
    probabilities = match_emotions(mean)[0]
    return SegmentPrediction(probabilities, mean[0], quality=segment_quality(expressions))


def project(embeddings: np.ndarray) -> np.ndarray:
    """The image tower's output: unit-length float32 [N, 384] in the space of sentence embeddings."""
    return np.asarray(_tower().run(("images",), {"embeddings": embeddings})[0])


@lru_cache(maxsize=1)
def scale() -> float:
    """The trained scale of the cosines between images and label texts."""
    return float(_tower().run(("scale",), {"embeddings": np.zeros((1, 256), np.float32)})[0])


def match_emotions(projected: np.ndarray) -> np.ndarray:
    """Probabilities [N, 8] that the emotions' texts fit images [N, 384] of unit length, as sure as TEMPERATURE lets."""
    return match(projected, label_texts(EMOTIONS), scale() / TEMPERATURE)


def match(projected: np.ndarray, texts: np.ndarray, times: float) -> np.ndarray:
    """Probabilities [N, K] that texts [K, 384] fit images [N, 384], both of unit length."""
    return softmax(times * projected @ texts.T)


def label_texts(labels: Sequence[str]) -> np.ndarray:
    """Unit-length embeddings [K, 384] of labels, each the mean over the prompt templates.

    A compound label is the sum of its two emotions' texts. In the encoder "sadly surprised" lies nearer to "surprised"
    than to "sad": its own words score macro-F1 0.71 on divided FER+ validation faces, the sum 0.74.
    """
    return _label_texts(tuple(labels))


@lru_cache(maxsize=8)
def _label_texts(labels: tuple[str, ...]) -> np.ndarray:
    parts = [_parts(label) for label in labels]
    words = list(dict.fromkeys(word for part in parts for word in part))
    prompts = [template.format(_WORDS.get(word, word)) for word in words for template in TEMPLATES]
    means = text_encoder.encode(prompts).reshape(len(words), len(TEMPLATES), -1).mean(1)
    texts = dict(zip(words, _unit(means), strict=True))
    return _unit(np.stack([np.sum([texts[word] for word in part], 0) for part in parts]))


def _parts(label: str) -> tuple[str, ...]:
    if label not in COMPOUNDS:
        return (label,)
    first, second = PAIRS[COMPOUNDS.index(label)]
    return EMOTIONS[first], EMOTIONS[second]


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@cached_per_device()
def _tower() -> Any:
    return onnx_session(locate(shipped("scene_label.onnx")))
