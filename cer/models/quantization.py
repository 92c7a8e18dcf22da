"""Block quantization: matrices as int8 with a scale for each block of 32 neighboring values of a row.

One outlier then costs precision in its own block alone. The layout is that of Q8_0 in GGML: value = scale * int8.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK_SIZE = 32  # columns that share a scale
SCALES = ".scales"  # suffix of the tensor that holds a matrix's scales
_CLIPPING = np.linspace(0.7, 1.0, 13)  # shares of the largest value that are tried as the end of a block's range


def quantize(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """int8 values [O, I] and scales float16 [O, I / 32] of a matrix [O, I], with the least squared error in each block.

    Raises:
        ValueError: I is not a multiple of 32.
    """
    rows, columns = matrix.shape
    if columns % BLOCK_SIZE:
        raise ValueError(f"a matrix with {columns} columns does not divide into blocks of {BLOCK_SIZE}")
    blocks = matrix.reshape(-1, BLOCK_SIZE)
    largest = np.abs(blocks).max(1, keepdims=True)
    values = np.zeros(blocks.shape, np.int8)
    scales = np.zeros(len(blocks), np.float16)
    errors = np.full(len(blocks), np.inf)
    for share in _CLIPPING:
        candidate = np.maximum(share * largest / 127, np.finfo(np.float16).tiny).astype(np.float16)
        scale = candidate.astype(np.float32)
        rounded = np.clip(np.rint(blocks / scale), -127, 127)
        error = np.square(rounded * scale - blocks).sum(1)
        better = error < errors
        values[better], scales[better], errors[better] = rounded[better], candidate[better, 0], error[better]
    return values.reshape(rows, columns), scales.reshape(rows, -1)


@dataclass(frozen=True, slots=True)
class Rows:
    """A matrix [O, I] that stays quantized; a row is expanded when it is asked for."""

    values: NDArray[np.int8]
    scales: NDArray[np.float16]

    def __getitem__(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Rows float32 [..., I] by their numbers [...]."""
        return _expanded(self.values[rows], self.scales[rows])


def _expanded(values: NDArray[np.int8], scales: NDArray[np.float16]) -> NDArray[np.float32]:
    blocks = values.reshape(-1, BLOCK_SIZE).astype(np.float32)
    blocks *= scales.reshape(-1, 1).astype(np.float32)
    return blocks.reshape(values.shape)


def dequantize(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Tensors with every int8 matrix that has scales beside it as float32 [O, I]; the scales are left out."""
    restored = {}
    for name, tensor in tensors.items():
        scales = tensors.get(name + SCALES)
        if scales is not None:
            restored[name] = _expanded(tensor, scales)
        elif not name.endswith(SCALES):
            restored[name] = tensor
    return restored
