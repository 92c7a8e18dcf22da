"""WavLM's speech emotion model, with a tiny checkpoint in the real layout."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from cer.modalities.paper import wavlm
from cer.perception.evidence import Evidence

pytestmark = pytest.mark.usefixtures("own_models")


def test_the_speech_head_is_a_plain_forward(evidence: Evidence, small: Path) -> None:
    network, _ = wavlm._network()
    config = wavlm._config()
    sounds = [evidence.utterances[0].samples[:24_000], evidence.utterances[0].samples[:40_000]]
    embeddings, logits = wavlm.listen(sounds)
    for row, sound in enumerate(sounds):  # alone and by the equations, not in a padded batch
        samples = torch.from_numpy((sound - config["mean"]) / (config["std"] + 1e-6)).float()[None]
        with torch.no_grad():
            rows: Tensor = network.ssl_model(samples).last_hidden_state[0]
            pool, head = network.pool_model, network.ser_model
            weights = (torch.tanh(pool.sap_linear(rows)) @ pool.attention).softmax(0)
            mean = (weights * rows).sum(0)
            deviation = ((weights * rows**2).sum(0) - mean**2).clamp(min=1e-5).sqrt()
            pooled = torch.cat([mean, deviation])
            linear, norm, _ = head.fc[0]
            expected = head.out[0](norm(linear(pooled)).relu())
        assert embeddings[row] == pytest.approx(pooled.numpy(), abs=1e-4)
        assert logits[row] == pytest.approx(expected.numpy(), abs=1e-4)
