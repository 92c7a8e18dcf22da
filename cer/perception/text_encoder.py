"""Sentence embeddings: all-MiniLM-L6-v2, run with onnxruntime, plain or with an adapter of ours.

`weights/sentence_encoder.onnx` is the network without its weights (58 kB, exported by `cer.train.sentence_encoder`);
`weights/minilm.safetensors` holds them in int8 (24 MB, converted by `cer.train.minilm`) and is expanded to float32 when
it is loaded, but for the table of words, half of it: of that, only the rows of a text are. So nothing here imports
torch. An adapter is a low-rank change of some of those weights (LoRA, arXiv 2106.09685): W + up @ down, worked out when
it is loaded, so it costs no time afterwards.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from cer.models.checkpoints import MINILM, MINILM_VOCABULARY, Checkpoint, locate, shipped
from cer.models.quantization import SCALES, Rows, dequantize
from cer.models.runtime import cached_per_device, onnx_session, stored_tensors, tensors

WIDTH = 384  # of an embedding
MAX_TOKENS = 256  # of a text; what follows is cut, as in the model's own configuration
BATCH = 16
WORDS = "embeddings.word_embeddings.weight"


def tokenizer(max_tokens: int) -> Any:
    """The model's own tokenizer, a `tokenizers.Tokenizer` that cuts after so many word pieces and pads batches."""
    from tokenizers import BertWordPieceTokenizer

    wordpiece = BertWordPieceTokenizer(str(locate(MINILM_VOCABULARY)), lowercase=True)
    wordpiece.enable_truncation(max_tokens)
    wordpiece.enable_padding()
    return wordpiece


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    return tokenizer(MAX_TOKENS)


@lru_cache(maxsize=1)
def _words() -> Rows:
    stored = stored_tensors(MINILM)
    return Rows(stored[WORDS], stored[WORDS + SCALES])


@cached_per_device(maxsize=4)
def _session(adapter: Checkpoint | None) -> Any:
    stored = stored_tensors(MINILM)
    weights = dequantize({name: tensor for name, tensor in stored.items() if not name.startswith(WORDS)})
    changes = tensors(adapter) if adapter is not None else {}
    for name in {key.rpartition(".")[0] for key in changes}:
        # Not with @: a BLAS library rounds otherwise for another number of threads, and results would differ by it.
        weights[name] = weights[name] + np.einsum("or,ri->oi", changes[f"{name}.up"], changes[f"{name}.down"])
    graph = locate(shipped("sentence_encoder.onnx"))
    return onnx_session(graph, weights={f"bert.{name}": tensor for name, tensor in weights.items()})


def pieces(text: str) -> list[int]:
    """The word pieces of a text, as the tokenizer numbers them, without the marks at its ends; what follows the first
    MAX_TOKENS is cut.
    """
    return list(_tokenizer().encode(text, add_special_tokens=False).ids)


def encode(texts: Sequence[str], adapter: Checkpoint | None = None) -> np.ndarray:
    """Unit-length embeddings float32 [N, 384] of N texts, by the plain encoder or with an adapter's file."""
    session = _session(adapter)
    order = np.argsort([len(text) for text in texts], kind="stable")  # texts of a length together waste no padding
    result = np.zeros((len(texts), WIDTH), np.float32)
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        encoded = _tokenizer().encode_batch([texts[row] for row in rows])
        ids = np.array([encoding.ids for encoding in encoded], np.int64)
        mask = np.array([encoding.attention_mask for encoding in encoded], np.int64)
        result[rows] = session.run(None, {"words": _words()[ids], "mask": mask})[0]
    return result
