"""Joins the face network with an earlier one into a single graph with the same outputs.

The two err differently: the new one, on color, carries over to press, web and film; the earlier one, on grey at 48
pixels, was trained for longer on FER+. Emotion logits are their weighted sum; the embedding is the leading principal
components of both.

    python -m cer.train.face_pair --data DATA --out cer/weights --work WORK --new NEW.onnx --earlier EARLIER.onnx
"""

import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, compose, helper, numpy_helper
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from cer.files import sha256_of
from cer.labels import EMOTIONS
from cer.modalities.base import softmax
from cer.perception.face_encoder import UNITS
from cer.train.data import Faces, even, ferplus, rafce_units
from cer.train.face_corpora import affectnet_like, foreign_faces, muxspace
from cer.train.face_measure import Predict, exported, measure
from cer.train.publish import half_weights, publish
from cer.train.script import parser_of, start_script

logger = logging.getLogger(__name__)

NAME = "CER face network"
LICENSE = "research use (FER+, RAF-CE, CK+ terms; trunk MIT)"
HALF = 128  # dimensions of the embedding that come from each network
_LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True)
class Axes:
    """A projection x @ matrix + bias of embeddings [N, D] to [N, HALF], each dimension with unit variance or less."""

    matrix: NDArray[np.float32]
    bias: NDArray[np.float32]

    @classmethod
    def fit(cls, embeddings: NDArray[np.float32]) -> "Axes":
        """The leading principal axes, scaled together so that the embedding's mean variance is one."""
        mean = embeddings.mean(0)
        values, vectors = np.linalg.eigh(np.cov(embeddings - mean, rowvar=False))
        matrix = vectors[:, ::-1][:, :HALF] / np.sqrt(values[::-1][:HALF].mean())
        return cls(matrix.astype(np.float32), (-mean @ matrix).astype(np.float32))

    def __call__(self, embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.asarray(embeddings @ self.matrix + self.bias, np.float32)


def join(
    new: bytes,
    earlier: bytes,
    axes: tuple[Axes, Axes],
    scales: tuple[float, float],
    units: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> bytes:
    """One ONNX graph of both.

    Args:
        new: graph with input faces [N, 3, 96, 96] and the five outputs of the face network.
        earlier: graph with input faces [N, 1, 48, 48] and outputs logits, embeddings, units.
        axes: projections of the two embeddings.
        scales: factors of the two networks' logits, the temperature included.
        units: weight [U, 2 HALF] and bias [U] of the action-unit layer on the joint embedding.
    """
    first = compose.add_prefix(onnx.load_from_string(new), "new.")
    second = compose.add_prefix(onnx.load_from_string(earlier), "earlier.")
    tensors = {
        "luma": np.array(_LUMA, np.float32).reshape(1, 3, 1, 1),
        "channel": np.array([1], np.int64),
        "joint.new_scale": np.float32(scales[0]).reshape(1),
        "joint.earlier_scale": np.float32(scales[1]).reshape(1),
        "joint.new_axes": axes[0].matrix,
        "joint.new_mean": axes[0].bias,
        "joint.earlier_axes": axes[1].matrix,
        "joint.earlier_mean": axes[1].bias,
        "joint.units_weight": np.ascontiguousarray(units[0].T, np.float32),
        "joint.units_bias": units[1].astype(np.float32),
    }
    nodes = [
        helper.make_node("Mul", ["faces", "luma"], ["weighted"]),
        helper.make_node("ReduceSum", ["weighted", "channel"], ["grey"], keepdims=1),
        helper.make_node("AveragePool", ["grey"], ["earlier.faces"], kernel_shape=[2, 2], strides=[2, 2]),
        *second.graph.node,
        *first.graph.node,
        helper.make_node("Mul", ["new.logits", "joint.new_scale"], ["joint.new_scaled"]),
        helper.make_node("Mul", ["earlier.logits", "joint.earlier_scale"], ["joint.earlier_scaled"]),
        helper.make_node("Add", ["joint.new_scaled", "joint.earlier_scaled"], ["logits"]),
        helper.make_node("Gemm", ["new.embeddings", "joint.new_axes", "joint.new_mean"], ["joint.new_half"]),
        helper.make_node(
            "Gemm", ["earlier.embeddings", "joint.earlier_axes", "joint.earlier_mean"], ["joint.earlier_half"]
        ),
        helper.make_node("Concat", ["joint.new_half", "joint.earlier_half"], ["embeddings"], axis=1),
        helper.make_node("Gemm", ["embeddings", "joint.units_weight", "joint.units_bias"], ["units"]),
        helper.make_node("Identity", ["new.identity"], ["identity"]),
        helper.make_node("Identity", ["new.quality"], ["quality"]),
    ]
    for node in nodes:  # the new network's input is the joint graph's
        for index, name in enumerate(node.input):
            if name == "new.faces":
                node.input[index] = "faces"
    shapes = {
        "logits": 8,
        "embeddings": 2 * HALF,
        "units": len(units[1]),
        "identity": first.graph.output[3].type.tensor_type.shape.dim[1].dim_value,
    }
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", width]) for name, width in shapes.items()]
    outputs.append(helper.make_tensor_value_info("quality", TensorProto.FLOAT, ["N"]))
    graph = helper.make_graph(
        nodes,
        "face",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["N", 3, 96, 96])],
        outputs,
        [
            *first.graph.initializer,
            *second.graph.initializer,
            *(numpy_helper.from_array(np.asarray(array), name) for name, array in tensors.items()),
        ],
    )
    model = helper.make_model(graph, opset_imports=first.opset_import, ir_version=first.ir_version)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def fit_scales(
    new: NDArray[np.float32], earlier: NDArray[np.float32], targets: NDArray[np.float32], priors: NDArray[np.float32]
) -> tuple[float, float]:
    """Factors (a, b) that minimize the cross-entropy of softmax(a new + b earlier + log prior), all [N, 8]."""

    def loss(scales: NDArray[np.float64]) -> float:
        probabilities = softmax((scales[0] * new + scales[1] * earlier + priors).astype(np.float32))
        return float(-(targets * np.log(probabilities + 1e-9)).sum(1).mean())

    a, b = minimize(loss, np.array([0.5, 0.5]), method="Nelder-Mead").x
    return float(a), float(b)


def validation_logits(
    new: Predict, earlier: Predict, data: Path, work: Path, log_prior: NDArray[np.float32]
) -> tuple[NDArray[np.float32], ...]:
    """Both networks' logits, targets and log priors [N, 8] of validation faces, as many of each corpus."""
    crowd = ferplus(data / "faces/ferplus-validation.parquet")
    voted = np.eye(len(EMOTIONS), dtype=np.float32)[crowd.targets.argmax(1)]
    press = muxspace(data / "faces/muxspace.parquet", work)[1]
    web = affectnet_like(data / "faces/affectnet-like.parquet", work)[1]
    none = np.zeros(len(EMOTIONS), np.float32)
    sets = [(crowd.images, voted, log_prior), (press.images, press.targets, none), (web.images, web.targets, none)]
    count = min(len(images) for images, _, _ in sets)
    parts = []
    for images, targets, prior in sets:
        rows = np.random.default_rng(0).permutation(len(images))[:count]
        logits = [predict(images[rows])["logits"] for predict in (new, earlier)]
        parts.append((*logits, targets[rows], np.tile(prior, (count, 1))))
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def fit_units(embeddings: NDArray[np.float32], targets: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
    """Weight [U, D] and bias [U] of a layer from embeddings [N, D] to action units [N, U], 0 or 1."""
    fits = [LogisticRegression(C=0.02, max_iter=500).fit(embeddings, column) for column in targets.T]
    return (
        np.concatenate([fit.coef_ for fit in fits]).astype(np.float32),
        np.concatenate([fit.intercept_ for fit in fits]).astype(np.float32),
    )


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--new", type=Path, required=True, help="face.onnx as cer.train.static_face wrote it")
    parser.add_argument("--earlier", type=Path, required=True, help="an earlier face.onnx: grey, 48 pixels")
    options = start_script(parser)
    started = time.monotonic()
    note = json.loads(options.new.with_suffix(".json").read_text("utf-8"))
    prior = np.array([note["prior"][name] for name in EMOTIONS], np.float32)
    new, earlier = exported(options.new), exported(options.earlier)
    scales = fit_scales(*validation_logits(new, earlier, options.data, options.work, np.log(prior)))
    logger.info("scales of the logits: %.3f and %.3f", *scales)
    rng = np.random.default_rng(0)
    crowd, labeled = ferplus(options.data / "faces/ferplus-train.parquet"), foreign_faces(options.data, options.work)
    foreign = even(Faces(labeled.images, labeled.targets), rng, 300)
    units = rafce_units(options.data / "faces/rafce-train.parquet", even=True)
    annotated = ~np.isnan(units.targets).any(1)
    # RAF-CE has no calm face: without calm FER+ faces the layer predicts parted lips everywhere.
    calm = rng.permutation(np.flatnonzero(crowd.targets[:, EMOTIONS.index("Neutral")] > 0.9))[: 2 * annotated.sum()]
    varied = even(crowd, rng, 300)
    images = np.concatenate([units.images[annotated], crowd.images[calm], varied.images, foreign.images])
    both = [predict(images)["embeddings"] for predict in (new, earlier)]
    shown = int(annotated.sum()) + len(calm)
    axes = (Axes.fit(both[0][shown:]), Axes.fit(both[1][shown:]))
    joint = np.concatenate([axis(part[:shown]) for axis, part in zip(axes, both, strict=True)], 1)
    truth = np.concatenate([units.targets[annotated], np.zeros((len(calm), len(UNITS)), np.float32)])
    weight, bias = fit_units(joint, truth)
    content = join(options.new.read_bytes(), half_weights(options.earlier.read_bytes()), axes, scales, (weight, bias))
    run = {
        **note,
        "data": {**note["data"], options.earlier.name: sha256_of(options.earlier)},
        "scales": dict(zip(("new", "earlier"), scales, strict=True)),
        "seconds": round(note["seconds"] + time.monotonic() - started),
    }
    del run["file"], run["date"]
    publish(options.out, "face.onnx", content, name=NAME, license=LICENSE, run=run)
    metrics = measure(exported(options.out / "face.onnx"), options.data, options.work, prior)
    publish(options.out, "face.onnx", content, name=NAME, license=LICENSE, run={**run, "metrics": metrics})


if __name__ == "__main__":
    main()
