"""The least time that the same work could take: the networks' multiplications at the rate that this machine multiplies
matrices, and decoding. Whisper's decoder and the sentence encoder are left out: together under 5 % of it.
"""

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx

from cer.models.checkpoints import CENTERFACE, locate, shipped
from cer.perception import voice_encoder
from cer.perception.face_detection import DETECTION_SIDE
from cer.perception.face_encoder import SIDE
from cer.perception.face_finder import FOLLOW_SIDE, FULL_SEARCH_EVERY
from cer.perception.transcription import SILENCE
from cer.perception.voice_encoder import ROWS_PER_SECOND

MELS = 80  # bands of Whisper's spectrum
TINY = (384, 4)  # width and layers of Whisper tiny's encoder


def gemm_rate(size: int = 2048, times: int = 7) -> float:
    """Floating-point operations a second of float32 matrix products with all cores, best of some."""
    a, b = (np.random.default_rng(seed).random((size, size), np.float32) for seed in (0, 1))
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - started)
    return 2 * size**3 / min(seconds)


def operations(path: Path, inputs: Mapping[str, tuple[int, ...]]) -> float:
    """Floating-point operations of an ONNX graph for inputs of these shapes, of its convolutions and products alone."""
    model = onnx.load(str(path))
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    del model.graph.value_info[:]
    for tensor in model.graph.input:
        for axis, length in enumerate(inputs.get(tensor.name, ())):
            tensor.type.tensor_type.shape.dim[axis].dim_value = length
    for tensor in model.graph.output:
        for axis in tensor.type.tensor_type.shape.dim:
            axis.Clear()
    inferred = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    for tensor in (*inferred.value_info, *inferred.input, *inferred.output):
        shapes[tensor.name] = tuple(axis.dim_value for axis in tensor.type.tensor_type.shape.dim)
    total = 0.0
    for node in model.graph.node:
        if node.op_type == "Conv":
            total += 2.0 * np.prod(shapes[node.output[0]]) * np.prod(shapes[node.input[1]][1:])
        elif node.op_type == "ConvTranspose":
            total += 2.0 * np.prod(shapes[node.input[0]]) * np.prod(shapes[node.input[1]][1:])
        elif node.op_type in ("Gemm", "MatMul"):
            total += 2.0 * np.prod(shapes[node.output[0]]) * shapes[node.input[0]][-1]
    return total


def whisper(seconds: float, width: int, layers: int) -> float:
    """Floating-point operations of so many layers of a Whisper encoder for so many seconds of sound."""
    rows = seconds * ROWS_PER_SECOND
    convolutions = 2 * rows * 3 * (2 * MELS * width + width * width)
    return convolutions + layers * rows * (24 * width**2 + 4 * rows * width)


def least(frames: int, utterances: list[float], aspect: float = 9 / 16) -> dict[str, float]:
    """Operations of a clip with one person: `frames` images, and utterances of these lengths in seconds."""
    rows = max(32, round(DETECTION_SIDE * aspect / 32) * 32)
    detector = locate(CENTERFACE)
    whole = operations(detector, {"input.1": (1, 3, rows, DETECTION_SIDE)})
    near = operations(detector, {"input.1": (1, 3, FOLLOW_SIDE, FOLLOW_SIDE)})
    face = operations(locate(shipped("face.onnx")), {"faces": (1, 3, SIDE, SIDE)})
    voice = (voice_encoder.STATES, voice_encoder.LAYERS)
    return {
        "detector": frames / FULL_SEARCH_EVERY * whole + frames * (1 - 1 / FULL_SEARCH_EVERY) * near,
        "face network": frames * face,
        "Whisper encoder": sum(whisper(utterance + SILENCE, *TINY) for utterance in utterances),
        "voice encoder": sum(whisper(utterance, *voice) for utterance in utterances),
    }
