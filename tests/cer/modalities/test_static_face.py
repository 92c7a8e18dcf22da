import numpy as np

from cer.modalities.base import softmax
from cer.modalities.static_face import StaticFace
from cer.perception.evidence import Evidence
from cer.segments import Segment


def test_it_is_the_softmax_of_the_mean_logits_of_the_persons_faces(evidence: Evidence) -> None:
    result = StaticFace().predict(evidence, [Segment(0, 4), Segment(4, 8)], 1)
    for row, (start, end) in enumerate([(0, 4), (4, 8)]):
        rows = [i for i, sighting in enumerate(evidence.sightings) if start <= sighting.time < end]
        np.testing.assert_allclose(
            result.probabilities[row], softmax(evidence.expressions.logits[rows].mean(0)), atol=1e-6
        )


def test_nobody_and_somebody_else_are_no_face(evidence: Evidence, faceless: Evidence) -> None:
    assert StaticFace().predict(faceless, [Segment(0, 4)], 1).reasons == ("no face",)
    assert StaticFace().predict(evidence, [Segment(0, 4)], 2).reasons == ("no face",)
    assert StaticFace().predict(evidence, [Segment(0, 4)], None).reasons == ("no face",)
