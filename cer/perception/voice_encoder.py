"""Voice: what the first three layers of Whisper's encoder hear in a stretch of speech, whatever it says.

The last layer is made for words; the tone of voice is clearer before it (RAVDESS, unseen actors: macro-F1 0.69 from
the last layer, 0.77 from these three). `weights/voice_encoder.onnx` is the part of tiny.en's encoder without its
weights, which come from the same CTranslate2 file that understands the words. No silence is appended, and the fourth
layer is left out, so it takes a third of the pass that the words need.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from cer.media.clip import SAMPLE_RATE
from cer.models.checkpoints import WHISPER, locate, shipped
from cer.models.runtime import cached_per_device, onnx_session, tensors

ROWS_PER_SECOND = 50  # of what is heard
LAYERS = 3  # of the encoder's four
WIDTH = LAYERS * 384
MIN_SAMPLES = SAMPLE_RATE // 20  # samples; a shorter sound is padded with silence: the spectrum needs a few windows


def listen(samples: np.ndarray) -> np.ndarray:
    """Float32 [R, 1152], the outputs of the three layers side by side, of up to 30 s of mono 16 kHz samples; R is 50 a
    second, and at least one.
    """
    padded = np.pad(samples, (0, max(0, MIN_SAMPLES - len(samples))))[: 30 * SAMPLE_RATE]
    mel = _spectrum()(padded, padding=0)[None].astype(np.float32)
    rows = max(1, round(len(samples) / SAMPLE_RATE * ROWS_PER_SECOND))
    return np.asarray(_encoder().run(None, {"mel": mel})[0][0, :rows])


@lru_cache(maxsize=1)
def _spectrum() -> Any:
    from faster_whisper.feature_extractor import FeatureExtractor

    return FeatureExtractor()  # 80 mel bands, 100 frames a second


@cached_per_device()
def _encoder() -> Any:
    graph = locate(shipped("voice_encoder.onnx"))
    stored = tensors(WHISPER)
    return onnx_session(graph, weights={name: stored[name].astype(np.float32) for name in names()}, keeps_memory=False)


def names() -> list[str]:
    """Of the tensors that these layers need, as the CTranslate2 file calls them."""
    products = ["conv1", "conv2"]
    norms = []
    for layer in range(LAYERS):
        for block in (f"layer_{layer}/self_attention", f"layer_{layer}/ffn"):
            norms.append(f"{block}/layer_norm")
            products += [f"{block}/linear_0", f"{block}/linear_1"]
    return [
        "encoder/position_encodings/encodings",
        *(f"encoder/{product}/{kind}" for product in products for kind in ("weight", "bias")),
        *(f"encoder/{norm}/{kind}" for norm in norms for kind in ("gamma", "beta")),
    ]
