from dataclasses import replace

import numpy as np

from cer.modalities.dynamic_face import SLOTS, DynamicFace, classify, lay_out
from cer.perception.evidence import Evidence
from cer.segments import Segment


def test_moments_lie_where_their_time_says(evidence: Evidence) -> None:
    part = evidence.segment(Segment(2, 6))
    rows = [0, 3, 7]
    slots, mask = lay_out([part.sightings[i].time for i in rows], part.expressions[rows], 2.0)
    assert np.flatnonzero(mask).tolist() == rows
    np.testing.assert_array_equal(slots[3, :-8], part.expressions.embeddings[3])
    assert slots[~mask].sum() == 0


def test_what_stands_in_masked_moments_is_not_read(evidence: Evidence) -> None:
    part = evidence.segment(Segment(0, 4))
    slots, mask = lay_out([sighting.time for sighting in part.sightings], part.expressions, 0.0)
    mask[10:] = False
    emptied, spoiled = slots.copy(), slots.copy()
    emptied[10:] = 0
    spoiled[10:] = 99
    np.testing.assert_allclose(
        classify(emptied[None], mask[None])[0], classify(spoiled[None], mask[None])[0], atol=1e-3
    )


def test_order_matters(evidence: Evidence) -> None:
    part = evidence.segment(Segment(2, 6))  # from talking to raised brows
    slots, mask = lay_out([sighting.time for sighting in part.sightings], part.expressions, 2.0)
    assert mask.sum() == SLOTS
    assert np.abs(classify(slots[None], mask[None])[0] - classify(slots[None, ::-1].copy(), mask[None])[0]).max() > 1e-3


def test_a_glimpse_of_a_face_shows_no_change(evidence: Evidence, faceless: Evidence) -> None:
    glimpse = replace(evidence, sightings=evidence.sightings[:2], expressions=evidence.expressions[:2])
    assert DynamicFace().predict(faceless, [Segment(0, 4)], 1).reasons == ("no face",)
    assert DynamicFace().predict(glimpse, [Segment(0, 4)], 1).reasons == (
        "the face is seen too briefly to show a change",
    )
