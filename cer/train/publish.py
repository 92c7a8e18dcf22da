"""How a trained network becomes a shipped weight file: exported, hashed, registered, its run written down beside it."""

import hashlib
import json
import logging
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

logger = logging.getLogger(__name__)


def export(
    network: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    free: Mapping[str, Mapping[int, str]],
    *,
    optimize: bool = True,
) -> bytes:
    """A network in evaluation mode as an ONNX graph. free: input -> axis -> name of each axis whose size may vary.
    optimize: fold constants; not for a graph whose weights shall stay what they are in another file.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            network.eval(),
            tuple(inputs.values()),
            dynamo=True,
            input_names=list(inputs),
            output_names=list(outputs),
            verbose=False,
            optimize=optimize,
            dynamic_shapes=tuple(dict.fromkeys(free.get(name, {}), torch.export.Dim.DYNAMIC) for name in inputs),
        )
    assert program is not None
    return bare(program.model_proto).SerializeToString()


def bare(model: Any) -> Any:
    """An ONNX model without the exporter's notes, which name files of the machine and outweigh a small graph."""
    graph = model.graph
    for part in (*graph.node, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    del graph.value_info[:], graph.metadata_props[:], model.metadata_props[:], model.functions[:]
    return model


def without_weights(graph: bytes, outside: set[str]) -> bytes:
    """A graph whose initializers of these names have lost their data: they are handed over when it is loaded. Raises
    ValueError when the graph lacks one.
    """
    model = onnx.load_from_string(graph)
    initializers = {tensor.name: tensor for tensor in model.graph.initializer}
    if missing := outside - initializers.keys():
        raise ValueError(f"the exported graph lacks {', '.join(sorted(missing))}")
    for name in outside:
        initializers[name].ClearField("raw_data")
        del initializers[name].external_data[:]
        initializers[name].data_location = onnx.TensorProto.EXTERNAL
        initializers[name].external_data.add(key="location", value="elsewhere")
    return bytes(model.SerializeToString())


def half_weights(graph: bytes, min_size: int = 256) -> bytes:
    """A graph whose float32 initializers of `min_size` values or more are stored as float16.

    A cast puts each back to float32; onnxruntime folds it when it loads the graph, so only the file is smaller.
    """
    model = onnx.load_from_string(graph)
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or int(np.prod(tensor.dims)) < min_size:
            continue
        values = onnx.numpy_helper.to_array(tensor).astype(np.float16)
        name = tensor.name
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, f"{name}.half"))
        cast = onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT)
        model.graph.node.insert(0, cast)
    return bytes(model.SerializeToString())


def publish(folder: Path, file: str, content: bytes, *, name: str, license: str, run: Mapping[str, Any]) -> None:
    """Write a weight file, register it in manifest.json, and write its run (data hashes, metrics, time) to
    <stem>.json.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(content)
    manifest_path = folder / "manifest.json"
    manifest = json.loads(manifest_path.read_text("utf-8")) if manifest_path.exists() else {}
    today = datetime.now(UTC).date().isoformat()
    manifest[file] = {
        "name": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "revision": today,
        "license": license,
        "bytes": len(content),
    }
    manifest_path.write_text(json.dumps(dict(sorted(manifest.items())), indent=1) + "\n", "utf-8")
    note = {"file": file, "date": today, **run}
    (folder / f"{Path(file).stem}.json").write_text(json.dumps(note, indent=1, default=_plain) + "\n", "utf-8")
    logger.info("%s: %d kB, %s", file, len(content) // 1024, {k: v for k, v in run.items() if k == "metrics"})


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} does not go into a run's notes")
