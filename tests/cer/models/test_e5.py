"""multilingual-e5-small's file: a made one of every part, byte by byte, and the installed one."""

import struct
from pathlib import Path

import numpy as np
import pytest

from cer.models.checkpoints import E5, installed, locate
from cer.models.e5 import QUANTUM, Blocks, load

NIBBLES = np.array([[15, 0, 8, 1] * 8, [7, 9, 3, 12] * 8], np.uint8)  # of two blocks, before 8 is subtracted
SCALES = np.array([0.5, -2.0], np.float16)


def blocks() -> bytes:
    """Two blocks: weight j in the low and weight j + 16 in the high four bits of byte j."""
    return b"".join(
        scale.tobytes() + (values[:16] | (values[16:] << 4)).tobytes()
        for scale, values in zip(SCALES, NIBBLES, strict=True)
    )


def made(path: Path) -> Path:
    """A file of width 32, with three pieces, one normalized character, two matrices and a vector."""
    texts = ["<s>", "▁ä", "b"]
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)]).astype("<u4")
    head = struct.pack("<4sI7ifi", b"E5S1", 1, 32, 12, 4, 64, 0, 0, 0, 1e-12, 0)
    vocabulary = struct.pack("<5iQ", 3, 0, 2, 1, 1, int(offsets[-1])) + offsets.tobytes()
    vocabulary += np.array([0.0, -1.5, -2.5], "<f4").tobytes() + b"".join(encoded)
    replaced = struct.pack("<iI", 1, 0) + struct.pack("<IB2I", 0xFB01, 2, ord("f"), ord("i"))
    tensors = [
        ("l0.q.w", 1, 64, blocks()),
        ("l0.fo.w", 1, 64, blocks()),
        ("l0.q.b", 0, 3, np.array([1, 2, 3], "<f4").tobytes()),
    ]
    entry = sum(2 + len(name) + struct.calcsize("<BIQQ") for name, *_ in tensors)
    place = len(head + vocabulary + replaced) + 4 + entry
    directory, content = struct.pack("<i", len(tensors)), b""
    for name, kind, elements, values in tensors:
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, elements, place + len(content), len(values))
        content += values
    path.write_bytes(head + vocabulary + replaced + directory + content)
    return path


def test_a_made_file_is_loaded_whole(tmp_path: Path) -> None:
    network = load(made(tmp_path / "made.bin"))
    assert (network.width, network.layers, network.heads) == (32, 12, 4)
    assert network.epsilon == pytest.approx(1e-12)
    assert network.pieces == [("<s>", 0.0), ("▁ä", -1.5), ("b", -2.5)]
    assert (network.first, network.last, network.padding, network.unknown) == (0, 2, 1, 1)
    assert network.normalized == {0xFB01: "fi"}
    assert network.vectors["l0.q.b"].tolist() == [1, 2, 3]
    expected = (NIBBLES.astype(np.float32) - 8) * SCALES[:, None].astype(np.float32)
    np.testing.assert_array_equal(network.matrices["l0.q.w"].floats(), expected)
    np.testing.assert_array_equal(network.matrices["l0.q.w"].floats(np.array([1])), expected[1:])
    np.testing.assert_array_equal(network.matrices["l0.fo.w"].floats(), expected.reshape(1, 64))  # as wide as it is fed


def test_adjacent_weights_share_a_byte_for_onnxruntime() -> None:
    rows = np.frombuffer(blocks(), np.dtype([("scale", "<f2"), ("pairs", "u1", (16,))])).reshape(2, 1)
    pairs, scales = Blocks(rows).adjacent()
    assert pairs.shape == (2, 1, QUANTUM // 2)
    np.testing.assert_array_equal(pairs[:, 0] & 15, NIBBLES[:, 0::2])
    np.testing.assert_array_equal(pairs[:, 0] >> 4, NIBBLES[:, 1::2])
    assert scales.tolist() == [[0.5], [-2.0]]


@pytest.mark.skipif(not installed(E5), reason="multilingual-e5-small is not installed (extra languages)")
def test_the_installed_file_holds_twelve_layers_of_width_384() -> None:
    network = load(locate(E5))
    assert (network.width, network.layers, network.heads) == (384, 12, 12)
    assert len(network.pieces) == 250_002
    assert network.matrices["l0.q.w"].floats().shape == (384, 384)
    assert network.matrices["l11.fo.w"].floats(np.array([0])).shape == (1, 1536)
