"""The conversion of TensorFlow.js graphs, on small ones computed by hand."""

import base64
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from cer.train.movenet import Converter


def convolution(name: str, kind: str, inputs: list[str], stride: int, padding: str, *fused: str) -> dict[str, Any]:
    return {
        "name": name,
        "op": kind,
        "input": inputs,
        "attr": {
            "strides": {"list": {"i": ["1", str(stride), str(stride), "1"]}},
            "padding": {"s": base64.b64encode(padding.encode()).decode()},
            "fused_ops": {"list": {"s": [base64.b64encode(each.encode()).decode() for each in fused]}},
        },
    }


def run(nodes: list[dict[str, Any]], tensors: dict[str, np.ndarray], image: np.ndarray) -> np.ndarray:
    """The last node's values for an image [H, W, C], as TensorFlow lays it."""
    converter = Converter({"modelTopology": {"node": nodes}}, tensors, "start")
    name = converter.value(nodes[-1]["name"])
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", None, None, None])
    output = helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
    graph = helper.make_graph(converter.nodes, "small", [images], [output], converter.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"images": image.transpose(2, 0, 1)[None].astype(np.float32)})[0])


def test_same_padding_at_stride_two_adds_below_and_to_the_right() -> None:
    tensors = {"kernel": np.ones((3, 3, 1, 1), np.float32), "bias": np.array([1.0], np.float32)}
    image = np.arange(16).reshape(4, 4, 1)
    node = convolution("sum", "_FusedConv2D", ["start", "kernel", "bias"], 2, "SAME", "BiasAdd")
    # Rows and columns 0 to 2 sum to 45; 2 and 3 of a row to the right, and so on.
    assert run([node], tensors, image)[0, 0].tolist() == [[46, 40], [67, 51]]


def test_depthwise_kernels_keep_channels_apart_and_relu6_ends_at_six() -> None:
    tensors = {"kernel": np.array([[[[1.0], [-2.0]]]], np.float32), "bias": np.zeros(2, np.float32)}
    node = convolution("each", "FusedDepthwiseConv2dNative", ["start", "kernel", "bias"], 1, "SAME", "BiasAdd", "Relu6")
    image = np.array([[[9.0, -1.0]]])
    assert run([node], tensors, image)[0, :, 0, 0].tolist() == [6.0, 2.0]


def test_enlarged_by_two_and_added() -> None:
    nodes = [
        {"name": "twice", "op": "ResizeBilinear", "input": ["start", "size"], "attr": {}},
        {"name": "sum", "op": "AddV2", "input": ["twice", "twice"], "attr": {}},
    ]
    result = run(nodes, {"size": np.array([2, 4])}, np.array([[[0.0], [4.0]]]))
    assert result[0, 0].tolist() == [[0.0, 2.0, 6.0, 8.0]] * 2  # half-pixel centers: 0, 1, 3, 4


def test_an_operator_that_is_not_known_is_named() -> None:
    nodes = [{"name": "odd", "op": "Cumsum", "input": ["start"], "attr": {}}]
    with pytest.raises(ValueError, match="Cumsum"):
        Converter({"modelTopology": {"node": nodes}}, {}, "start").value("odd")
