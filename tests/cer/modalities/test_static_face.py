from dataclasses import replace

import numpy as np
import pytest

from cer.labels import EMOTIONS
from cer.modalities.base import softmax
from cer.modalities.static_face import StaticFace
from cer.perception.evidence import Evidence
from cer.segments import Segment


def test_it_is_the_softmax_of_the_logits_of_the_persons_faces_weighed_by_quality_and_expressiveness(
    evidence: Evidence,
) -> None:
    result = StaticFace().predict(evidence, [Segment(0, 4), Segment(4, 8)], 1)
    for row, (start, end) in enumerate([(0, 4), (4, 8)]):
        rows = [i for i, sighting in enumerate(evidence.sightings) if start <= sighting.time < end]
        logits = evidence.expressions.logits[rows]
        weights = evidence.expressions.quality[rows] * np.exp(3 * (1 - softmax(logits)[:, 0]))
        expected = softmax((weights / weights.sum()) @ logits / 1.13)
        np.testing.assert_allclose(result.probabilities[row], expected, atol=1e-5)


def test_nobody_and_somebody_else_are_no_face(evidence: Evidence, faceless: Evidence) -> None:
    assert StaticFace().predict(faceless, [Segment(0, 4)], 1).reasons == ("no face",)
    assert StaticFace().predict(evidence, [Segment(0, 4)], 2).reasons == ("no face",)
    assert StaticFace().predict(evidence, [Segment(0, 4)], None).reasons == ("no face",)


def test_a_covered_face_counts_less_than_a_clear_one_and_the_segment_says_how_good_its_faces_are(
    evidence: Evidence,
) -> None:
    part = evidence.segment(Segment(0.0, 4.0))
    count = len(part.sightings)
    logits = np.zeros((count, 8), np.float32)
    logits[: count // 2, EMOTIONS.index("Anger")] = 6
    logits[count // 2 :, EMOTIONS.index("Sadness")] = 6
    quality = np.where(np.arange(count) < count // 2, 0.9, 0.1).astype(np.float32)
    expressions = replace(part.expressions, logits=logits, quality=quality)
    result = StaticFace().predict(replace(part, expressions=expressions), [Segment(0.0, 4.0)], 1)
    assert EMOTIONS[int(result.probabilities[0].argmax())] == "Anger"
    assert result.quality[0] == pytest.approx(quality.mean(), abs=1e-5)
