import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from cer.modalities.base import softmax
from cer.train.face_network import FaceNetwork
from cer.train.face_pair import HALF, Axes, fit_scales, join
from cer.train.publish import export


class Earlier(nn.Module):
    """A stand-in with the earlier network's input and outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.emotions, self.units = nn.Linear(48 * 48, 256), nn.Linear(256, 8), nn.Linear(256, 20)

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        embedding = self.embed(faces.flatten(1))
        return self.emotions(embedding), embedding, self.units(embedding)


def test_the_joint_graph_adds_logits_and_joins_embeddings() -> None:
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    new, earlier = FaceNetwork(20).eval(), Earlier().eval()
    faces = torch.rand(3, 3, 96, 96) * 2 - 1
    grey = nn.functional.avg_pool2d((faces * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, True), 2)
    names = ["logits", "embeddings", "units", "identity", "quality"]
    graphs = (
        export(new, {"faces": faces[:2]}, names, {"faces": {0: "N"}}),
        export(earlier, {"faces": grey[:2]}, names[:3], {"faces": {0: "N"}}),
    )
    axes = (
        Axes.fit(rng.standard_normal((400, 256)).astype(np.float32)),
        Axes.fit(rng.standard_normal((400, 256)).astype(np.float32)),
    )
    units = rng.standard_normal((20, 2 * HALF)).astype(np.float32), np.ones(20, np.float32)
    session = onnxruntime.InferenceSession(join(*graphs, axes, (0.5, 2.0), units))
    assert [output.name for output in session.get_outputs()] == names
    logits, embeddings, action_units, identity, _ = session.run(None, {"faces": faces.numpy()})
    with torch.no_grad():
        first, second = ([part.numpy() for part in net(x)] for net, x in ((new, faces), (earlier, grey)))
    np.testing.assert_allclose(logits, 0.5 * first[0] + 2 * second[0], atol=1e-3)
    np.testing.assert_allclose(embeddings, np.concatenate([axes[0](first[1]), axes[1](second[1])], 1), atol=1e-3)
    np.testing.assert_allclose(action_units, embeddings @ units[0].T + 1, atol=1e-3)
    np.testing.assert_allclose(identity, first[3], atol=1e-4)


def test_the_better_network_gets_the_larger_scale() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 8, 3000)
    targets = np.eye(8, dtype=np.float32)[truth]
    good = (targets * 3 + rng.standard_normal((3000, 8))).astype(np.float32)
    poor = rng.standard_normal((3000, 8)).astype(np.float32)
    a, b = fit_scales(good, poor, targets, np.zeros((3000, 8), np.float32))
    assert a > 1 > 5 * abs(b)
    assert float((softmax(a * good + b * poor).argmax(1) == truth).mean()) > 0.8
