"""static_face: what the person's face shows on average, frame by frame, without regard to order."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cer.modalities.base import FACE, Prediction, SegmentPrediction, collect, softmax
from cer.models.checkpoints import CENTERFACE, Checkpoint, shipped, verify
from cer.perception.compound_head import HEAD, compound_logits
from cer.perception.evidence import Evidence
from cer.perception.face_encoder import as_input, frame_weights, segment_quality
from cer.progress import Progress
from cer.segments import Segment

WIDTH = 256

# The network's logits suit faces of four corpora on average; with this the worst of them comes out best. Calibration
# error of film stills 0.12 -> 0.09, press 0.06 -> 0.08, web 0.03 -> 0.04, FER+ 0.03 -> 0.05.
TEMPERATURE = 1.13


class StaticFace:
    """The mean of the face network's logits (so the geometric mean of its probabilities) over the person's faces in
    the segment, each weighed by its quality: a blurred or covered face says less.
    """

    name = "static_face"
    source = FACE
    per_person = True
    needs_frames = False
    needs_bodies = False

    def describe(self) -> tuple[Checkpoint, ...]:
        return (CENTERFACE, shipped("face.onnx"))

    def load(self, progress: Progress) -> None:
        verify(self.describe())

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        return collect([_predict_segment(evidence.segment(segment), person) for segment in segments], WIDTH)


class SupervisedFace(StaticFace):
    """static_face, and beside it what a head that was trained on compound labels makes of the same faces: the mean of
    its five seeds' logits over the faces, weighed alike.
    """

    def describe(self) -> tuple[Checkpoint, ...]:
        head, network = shipped(HEAD), super().describe()
        return (head, *network)  # last what makes the embedding, as in the other profiles

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        return collect([_with_compounds(evidence.segment(segment), person) for segment in segments], WIDTH)


def _with_compounds(evidence: Evidence, person: int | None) -> SegmentPrediction | str:
    predicted = _predict_segment(evidence, person)
    if isinstance(predicted, str):
        return predicted
    sightings, expressions = evidence.person(person)
    logits = compound_logits(np.stack([as_input(sighting.crop) for sighting in sightings]))["compounds"].mean(0)
    return replace(predicted, compounds=softmax(frame_weights(expressions) @ logits))


def _predict_segment(evidence: Evidence, person: int | None) -> SegmentPrediction | str:
    if not evidence.has_video:
        return "no video track"
    sightings, expressions = evidence.person(person)
    if not sightings:
        return "no face"
    weights = frame_weights(expressions)
    emotions = probabilities(weights @ expressions.logits)
    return SegmentPrediction(emotions, weights @ expressions.embeddings, quality=segment_quality(expressions))


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Probabilities [..., 8] of the face network's logits [..., 8]."""
    return softmax(logits / TEMPERATURE)
