import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from cer.models.runtime import onnx_session
from cer.train.publish import export, publish, without_weights


def test_a_published_file_is_registered_with_its_hash_and_its_run(tmp_path: Path) -> None:
    publish(tmp_path, "a.onnx", b"weights", name="A", license="MIT", run={"metrics": {"f1": 0.5}})
    publish(tmp_path, "b.onnx", b"others", name="B", license="MIT", run={})
    publish(tmp_path, "a.onnx", b"better", name="A", license="MIT", run={"metrics": {"f1": 0.6}})
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert list(manifest) == ["a.onnx", "b.onnx"]
    assert manifest["a.onnx"]["sha256"] == hashlib.sha256(b"better").hexdigest()
    assert json.loads((tmp_path / "a.json").read_text())["metrics"] == {"f1": 0.6}


def test_a_graph_without_weights_works_with_those_it_is_handed() -> None:
    network = nn.Linear(300, 200).requires_grad_(False)
    weights = {name: value.numpy() for name, value in network.named_parameters()}
    whole = export(network, {"x": torch.zeros(1, 300)}, ["y"], {}, optimize=False)
    bare = without_weights(whole, set(weights))
    assert len(bare) < 5_000 < len(whole)
    x = np.random.default_rng(0).normal(size=(1, 300)).astype(np.float32)
    (result,) = onnx_session(bare, weights=weights).run(None, {"x": x})
    np.testing.assert_allclose(result, network(torch.from_numpy(x)).numpy(), atol=1e-4)
    with pytest.raises(ValueError, match="lacks elsewhere"):
        without_weights(whole, {"elsewhere"})
