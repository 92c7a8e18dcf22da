"""dynamic_face: how one person's expression changes, read by a selective state-space model (Mamba, arXiv
2312.00752).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from cer.modalities.base import FACE, Prediction, SegmentPrediction, collect, softmax
from cer.models.checkpoints import CENTERFACE, Checkpoint, locate, shipped, verify
from cer.models.runtime import cached_per_device, onnx_session
from cer.perception.evidence import FRAME_RATE, Evidence
from cer.perception.face_encoder import Expressions, segment_quality
from cer.progress import Progress
from cer.segments import WINDOW, Segment, step_of

SLOTS = int(WINDOW * FRAME_RATE)  # moments in a segment
MIN_FRAMES = 3  # with a face; fewer show no change
WIDTH = 64


class DynamicFace:
    """The Mamba network on the sequence of the person's face embeddings; moments without the face are masked."""

    name = "dynamic_face"
    source = FACE
    per_person = True
    needs_frames = False
    needs_bodies = False

    def describe(self) -> tuple[Checkpoint, ...]:
        return (CENTERFACE, shipped("face.onnx"), shipped("dynamic_face.onnx"))

    def load(self, progress: Progress) -> None:
        verify(self.describe())

    def prepare(self) -> None:
        _network()

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        results: list[SegmentPrediction | str] = []
        for segment in segments:
            if not evidence.has_video:
                results.append("no video track")
                continue
            sightings, expressions = evidence.segment(segment).person(person)
            slots, mask = lay_out([sighting.time for sighting in sightings], expressions, segment.start)
            if not mask.any():
                results.append("no face")
            elif mask.sum() < MIN_FRAMES:
                results.append("the face is seen too briefly to show a change")
            else:
                logits, embedding = classify(slots[None], mask[None])
                results.append(
                    SegmentPrediction(softmax(logits[0]), embedding[0], quality=segment_quality(expressions))
                )
        return collect(results, WIDTH)


def lay_out(
    times: Sequence[float] | np.ndarray, expressions: Expressions, start: float
) -> tuple[np.ndarray, np.ndarray]:
    """One person's expressions on a grid of SLOTS moments: float32 [SLOTS, 264] (embedding, then emotion logits) and
    bool [SLOTS], where a face is.
    """
    slots = np.zeros((SLOTS, expressions.embeddings.shape[1] + expressions.logits.shape[1]), np.float32)
    mask = np.zeros(SLOTS, bool)
    for row, time in enumerate(times):
        slot = step_of(time - start, FRAME_RATE)
        if 0 <= slot < SLOTS:
            slots[slot] = np.concatenate([expressions.embeddings[row], expressions.logits[row]])
            mask[slot] = True
    return slots, mask


def classify(slots: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Emotion logits [N, 8] and embeddings [N, 64] of sequences float32 [N, SLOTS, 264] with mask bool [N, SLOTS]."""
    logits, embedding = _network().run(None, {"slots": slots, "mask": mask.astype(np.float32)})
    return logits, embedding


@cached_per_device()
def _network() -> Any:
    return onnx_session(locate(shipped("dynamic_face.onnx")))
