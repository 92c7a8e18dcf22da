"""EmoAffectNet's networks, with small checkpoints in the real layout."""

import numpy as np
import pytest
import torch

from cer.modalities.paper import emoaffectnet
from cer.modalities.registry import modalities
from cer.perception.evidence import Evidence
from cer.segments import Segment

pytestmark = pytest.mark.usefixtures("own_models")


def test_the_static_network_is_a_plain_forward(evidence: Evidence) -> None:
    crop = evidence.sightings[0].crop
    network, _ = emoaffectnet._static()
    inputs = emoaffectnet.prepare([crop])
    assert inputs.shape == (1, 3, 224, 224)
    assert inputs[0, :, 0, 0] == pytest.approx(crop[0, 0, ::-1] - emoaffectnet.MEAN, abs=1e-3)  # blue comes first
    with torch.no_grad():
        features, logits = network(torch.from_numpy(np.ascontiguousarray(inputs)))
    result = emoaffectnet.encode_crops([crop])
    assert result[0] == pytest.approx(features.numpy(), abs=1e-4)
    assert result[1] == pytest.approx(logits.numpy(), abs=1e-4)


def test_a_segment_without_a_face_is_absent(evidence: Evidence) -> None:
    for name in ("static_face", "dynamic_face"):
        result = modalities("paper")[name].predict(evidence, [Segment(0.0, 4.0)], 99)
        assert result.reasons == ("no face",)
