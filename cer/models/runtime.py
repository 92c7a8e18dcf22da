"""The runtime: onnxruntime sessions and tensors of verified files."""

import mmap
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cer.models.checkpoints import Checkpoint, locate
from cer.models.quantization import dequantize

THREADS = max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def onnx_session(model: Path | bytes, weights: Mapping[str, np.ndarray] | None = None) -> Any:
    """An onnxruntime session on the CPU for a verified file or a graph made from one; `weights` fills a graph that
    carries none.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    # Spinning threads of several sessions would fight for the same two cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    values = {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in (weights or {}).items()}
    if values:
        options.add_external_initializers(list(values), list(values.values()))
    graph = model if isinstance(model, bytes) else model.read_bytes()
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def tensors(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """All tensors of a safetensors file, or of a model.bin of CTranslate2; int8 matrices with scales as float32."""
    from safetensors.numpy import load_file

    path = locate(checkpoint)
    if path.suffix != ".bin":
        return dequantize(load_file(path))
    with path.open("rb") as file:
        return _ctranslate2(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


_CTRANSLATE2_TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)


def _ctranslate2(content: mmap.mmap) -> dict[str, np.ndarray]:
    """The variables of a CTranslate2 model, format 6: after the names and numbers of its kind, each variable's name,
    shape, type, size and values. What is not used of the arrays is not read from the file.
    """
    at = 0

    def number(code: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(f"<{code}", content, at)
        at += struct.calcsize(f"<{code}")
        return int(value)

    def text() -> str:
        nonlocal at
        length = number("H")
        at += length
        return content[at - length : at - 1].decode()  # it ends with a zero byte

    number("I"), text(), number("I")  # format, specification, its revision
    weights: dict[str, np.ndarray] = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind = np.dtype(_CTRANSLATE2_TYPES[number("B")])
        size = number("I")
        weights[name] = np.frombuffer(content, kind, size // kind.itemsize, at).reshape(shape)
        at += size
    return weights
