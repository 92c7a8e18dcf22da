from pathlib import Path

import numpy as np
import onnxruntime
import torch

from cer.perception.face_encoder import SIDE
from cer.train.face_network import FaceNetwork, SameConv, Trunk, WeightedPool, continue_from
from cer.train.publish import export, half_weights

OUTPUTS = ["logits", "embeddings", "units", "identity", "quality"]


def test_padding_at_stride_two_is_tensorflows() -> None:
    layer = SameConv(1, 1, 3, 2)
    torch.nn.init.ones_(layer.weight)
    assert layer.bias is not None
    torch.nn.init.zeros_(layer.bias)
    image = torch.arange(16.0).view(1, 1, 4, 4)
    with torch.no_grad():
        result = layer(image)[0, 0]
    assert result[0, 0] == image[0, 0, :3, :3].sum()  # nothing padded above and to the left
    assert result[1, 1] == image[0, 0, 2:, 2:].sum()


def test_the_trunk_is_the_same_in_two_parts() -> None:
    torch.manual_seed(0)
    trunk, faces = Trunk(), torch.rand(2, 3, SIDE, SIDE)
    with torch.no_grad():
        torch.testing.assert_close(trunk(faces), trunk.after(trunk.before(faces, 5), 5))


def test_the_exported_graph_gives_the_networks_numbers_with_half_the_bytes() -> None:
    torch.manual_seed(0)
    network = FaceNetwork(4).eval()
    faces = torch.rand(5, 3, SIDE, SIDE) * 2 - 1
    content = export(network, {"faces": faces[:2]}, OUTPUTS, {"faces": {0: "N"}})
    small = half_weights(content)
    assert len(small) < 0.55 * len(content)
    with torch.no_grad():
        expected = network(faces)
    for graph, tolerance in ((content, 1e-3), (small, 2e-2)):
        outputs = onnxruntime.InferenceSession(graph).run(None, {"faces": faces.numpy()})
        for output, wanted in zip(outputs, expected, strict=True):
            np.testing.assert_allclose(output, wanted.numpy(), atol=tolerance)


def test_identity_has_unit_length() -> None:
    identity = FaceNetwork(4).eval()(torch.rand(3, 3, SIDE, SIDE))[3]
    torch.testing.assert_close(identity.norm(dim=1), torch.ones(3))


def test_a_round_goes_on_from_smaller_faces_with_the_same_pools_in_the_mean(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network, earlier = FaceNetwork(4), FaceNetwork(4)
    earlier.pool, earlier.detail_pool = WeightedPool(1024, 3), WeightedPool(512, 6)
    with torch.no_grad():
        earlier.pool.weight.mul_(torch.rand(1024, 1, 3, 3))
    torch.save({"average": earlier.state_dict()}, tmp_path / "face.pt")
    continue_from(network, tmp_path / "face.pt")
    assert network.pool.weight.shape == (1024, 1, SIDE // 32, SIDE // 32)
    even = torch.ones(1, 1024, 1, 1)
    before, now = (part.pool(even.expand(1, 1024, side, side)) for part, side in ((earlier, 3), (network, SIDE // 32)))
    torch.testing.assert_close(before, now)
    torch.testing.assert_close(network.emotions.weight, earlier.emotions.weight)
