"""Convolutions in int8: half to a third of the time of float32 on processors with VNNI, and a quarter of the bytes."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

MIN_OPSET = 13  # the first with a scale for each channel

Inputs = Mapping[str, NDArray[np.float32]]


class _Batches(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    def __init__(self, batches: Sequence[Inputs]) -> None:
        self._batches: Iterator[Inputs] = iter(batches)

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        batch = next(self._batches, None)
        return None if batch is None else dict(batch)


def int8_convolutions(
    graph: bytes,
    batches: Sequence[Inputs],
    *,
    exact_at_start: int,
    exact_at_end: int,
    between: Sequence[str],
    depthwise_bits: int = 7,
) -> bytes:
    """The graph with the weights of most convolutions in int8, a scale for each channel, and ranges of values as in
    these batches. Weights take seven bits: processors without VNNI add up pairs of products in sixteen.

    Args:
        graph: an ONNX model in float32.
        batches: what the network is given: input name -> values.
        exact_at_start: how many convolutions at the start stay in float32.
        exact_at_end: how many at the end do.
        between: kinds of operators between convolutions whose values are stored in int8 as well.
        depthwise_bits: 7, or 8: onnxruntime multiplies depthwise convolutions in wider numbers on every processor.
    """
    with TemporaryDirectory() as folder:
        plain, exact, whole = (Path(folder) / name for name in ("plain.onnx", "exact.onnx", "int8.onnx"))
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC  # folds batch norms
        options.optimized_model_filepath = str(plain)
        onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        model = onnx.load(plain)
        if next(opset.version for opset in model.opset_import if opset.domain == "") < MIN_OPSET:
            model = onnx.version_converter.convert_version(model, MIN_OPSET)
        for index, node in enumerate(model.graph.node):
            node.name = f"{node.op_type}_{index}"
        onnx.save(model, exact)
        convolutions = [node.name for node in model.graph.node if node.op_type == "Conv"]
        excluded = convolutions[:exact_at_start] + convolutions[len(convolutions) - exact_at_end :]
        depthwise = [
            node.input[1]
            for node in model.graph.node
            if node.name not in excluded
            and any(attribute.name == "group" and attribute.i > 1 for attribute in node.attribute)
        ]
        whole_bytes = {"axis": 0, "reduce_range": False}
        quantize_static(
            exact,
            whole,
            _Batches(batches),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", *between],
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=excluded,
            extra_options={
                "TensorQuantOverrides": {name: [whole_bytes] for name in depthwise} if depthwise_bits == 8 else {}
            },
        )
        return whole.read_bytes()
