import numpy as np
import torch

from cer.perception.identity import SIZE
from cer.train.face_network import FEATURES, Trunk
from cer.train.identity import WHITENING, IdentityNetwork


def test_each_axis_keeps_a_part_of_its_spread_and_the_mean_is_removed() -> None:
    rng = np.random.default_rng(0)
    spread = np.zeros(FEATURES)
    spread[: SIZE + 10] = np.linspace(9, 1, SIZE + 10)
    features = (7 + spread * rng.standard_normal((4000, FEATURES))).astype(np.float32)
    network = IdentityNetwork(Trunk())
    network.fit_axes(features)
    with torch.no_grad():
        projected = network.axes(torch.from_numpy(features)).numpy()
    variances = np.linalg.eigvalsh(np.cov(features, rowvar=False))[::-1][:SIZE]
    np.testing.assert_allclose(projected.mean(0), 0, atol=1e-2)
    np.testing.assert_allclose(projected.std(0), np.sqrt(variances) ** (1 - WHITENING), rtol=1e-2)
    np.testing.assert_allclose(np.corrcoef(projected[:, :5], rowvar=False), np.eye(5), atol=1e-2)


def test_identity_is_of_unit_length_and_the_crop_is_enlarged() -> None:
    network = IdentityNetwork(Trunk()).eval()
    sides = []
    network.trunk.register_forward_pre_hook(lambda _, inputs: sides.append(inputs[0].shape[-1]))
    with torch.no_grad():
        vectors = network(torch.rand(2, 3, 112, 112) * 2 - 1)
    assert vectors.shape == (2, SIZE)
    np.testing.assert_allclose(vectors.norm(dim=1), 1, atol=1e-5)
    assert sides == [160]
