import numpy as np
import onnx
import pytest
import torch
from torch import nn

from cer.models.runtime import onnx_session
from cer.train.int8 import int8_convolutions
from cer.train.publish import export


@pytest.fixture(scope="module")
def graph() -> bytes:
    torch.manual_seed(0)
    layers = [(3, 16), (16, 32), (32, 32), (32, 4)]
    network = nn.Sequential(*(part for a, b in layers for part in (nn.Conv2d(a, b, 3, padding=1), nn.ReLU6())))
    return export(network, {"faces": torch.rand(2, 3, 16, 16)}, ["maps"], {"faces": {0: "N"}})


def faces(count: int) -> np.ndarray:
    return np.random.default_rng(count).random((count, 3, 16, 16), np.float32)


def test_most_convolutions_are_in_int8_and_their_results_nearly_the_same(graph: bytes) -> None:
    small = int8_convolutions(graph, [{"faces": faces(8)}], exact_at_start=1, exact_at_end=1, between=("Clip",))
    assert len(small) < 0.5 * len(graph)
    exact, ours = (onnx_session(content).run(None, {"faces": faces(5)})[0] for content in (graph, small))
    assert np.abs(ours - exact).max() < 0.05 * exact.max()
    assert np.abs(ours - exact).max() > 0


def test_convolutions_at_both_ends_stay_as_exact_as_they_were(graph: bytes) -> None:
    small = int8_convolutions(graph, [{"faces": faces(8)}], exact_at_start=1, exact_at_end=1, between=("Clip",))
    kinds = [tensor.data_type for tensor in onnx.load_from_string(small).graph.initializer if len(tensor.dims) == 4]
    assert kinds.count(onnx.TensorProto.FLOAT) == 2
    assert kinds.count(onnx.TensorProto.INT8) == 2


@pytest.mark.parametrize("bits", [7, 8])
def test_depthwise_weights_may_use_all_eight_bits(bits: int) -> None:
    torch.manual_seed(0)
    ends = nn.Conv2d(3, 8, 1), nn.Conv2d(8, 4, 1)
    network = nn.Sequential(ends[0], nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 8, 1), ends[1])
    whole = export(network, {"faces": torch.rand(2, 3, 16, 16)}, ["maps"], {"faces": {0: "N"}})
    small = int8_convolutions(
        whole, [{"faces": faces(8)}], exact_at_start=1, exact_at_end=1, between=(), depthwise_bits=bits
    )
    weights = [onnx.numpy_helper.to_array(tensor) for tensor in onnx.load_from_string(small).graph.initializer]
    depthwise, pointwise = (
        next(tensor for tensor in weights if tensor.dtype == np.int8 and tensor.shape == shape)
        for shape in ((8, 1, 3, 3), (8, 8, 1, 1))
    )
    assert np.abs(depthwise.astype(int)).max() == {7: 64, 8: 127}[bits]
    assert np.abs(pointwise.astype(int)).max() == 64
