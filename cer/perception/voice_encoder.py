"""Voice: what the second, third and fourth layers of Whisper base's encoder hear in a stretch of speech, whatever it
says.

The last layers are made for words; the tone of voice is clearer before them. Corpora left out of training, RAVDESS,
nEMO and EMOVO, unweighted recall of a linear discriminant: 0.480, 0.480, 0.537 from these three layers, 0.441, 0.357,
0.340 from the sixth, 0.471, 0.445, 0.469 from three layers of tiny.en. `weights/voice_encoder.onnx` is the graph,
`weights/whisper_base.safetensors` holds its weights in int8. No silence is appended.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from cer.media.clip import SAMPLE_RATE
from cer.models.checkpoints import locate, shipped
from cer.models.runtime import cached_per_device, onnx_session, tensors

ROWS_PER_SECOND = 50  # of what is heard
LAYERS = 4  # that are computed, of the encoder's six
FIRST = 1  # of those whose outputs are used
STATES = 512  # values of a layer's output
WIDTH = (LAYERS - FIRST) * STATES
WEIGHTS = "whisper_base.safetensors"
POSITIONS = "encoder/position_encodings/encodings"
WINDOW = 6  # seconds that are heard at a time, as long as a sentence, which is what heads are trained on
MAX_ROWS = 1500  # half a minute
MIN_SAMPLES = SAMPLE_RATE // 20  # samples; a shorter sound is padded with silence: the spectrum needs a few windows


def listen(samples: np.ndarray) -> np.ndarray:
    """Float32 [R, WIDTH], the outputs of the three layers side by side, of mono 16 kHz samples; R is 50 a second, and
    at least one.

    They are heard in equal windows of at most WINDOW seconds: in a longer context a sentence is like its neighbors.
    Unweighted recall of heads that lacked the corpus (nEMO, RAVDESS, EMOVO), sentences alone 0.475, 0.532, 0.525, in
    windows of 6 s 0.467, 0.526, 0.542, of 10 s 0.448, 0.499, 0.512, of 20 s 0.396, 0.500, 0.476.
    """
    windows = max(1, -(-len(samples) // (WINDOW * SAMPLE_RATE)))
    hop = SAMPLE_RATE // ROWS_PER_SECOND
    edges = [round(len(samples) * number / windows / hop) * hop for number in range(windows)]
    return np.concatenate([_heard(part) for part in np.split(samples, edges[1:])])


def stretch_of(rows: np.ndarray, start: float, end: float) -> np.ndarray:
    """Of rows [R, WIDTH], those from `start` to `end` seconds after the first; at least one where there is any."""
    first = max(0, min(round(start * ROWS_PER_SECOND), len(rows) - 1))
    return rows[first : max(first + 1, round(end * ROWS_PER_SECOND))]


def _heard(samples: np.ndarray) -> np.ndarray:
    padded = np.pad(samples, (0, max(0, MIN_SAMPLES - len(samples))))
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
    stored = {name: value.astype(np.float32) for name, value in tensors(shipped(WEIGHTS)).items()}
    return onnx_session(graph, weights={**stored, POSITIONS: positions()}, keeps_memory=False)


def positions() -> np.ndarray:
    """Whisper's sinusoids, float32 [MAX_ROWS, STATES], which are added to what the convolutions give."""
    rates = np.exp(-np.log(10_000) / (STATES // 2 - 1) * np.arange(STATES // 2))
    angles = np.arange(MAX_ROWS)[:, None] * rates
    return np.concatenate([np.sin(angles), np.cos(angles)], 1).astype(np.float32)


def names() -> list[str]:
    """Of the tensors that these layers need apart from POSITIONS, as CTranslate2's file of Whisper base calls them."""
    products = ["conv1", "conv2"]
    norms = []
    for layer in range(LAYERS):
        for block in (f"layer_{layer}/self_attention", f"layer_{layer}/ffn"):
            norms.append(f"{block}/layer_norm")
            products += [f"{block}/linear_0", f"{block}/linear_1"]
    return [
        *(f"encoder/{product}/{kind}" for product in products for kind in ("weight", "bias")),
        *(f"encoder/{norm}/{kind}" for norm in norms for kind in ("gamma", "beta")),
    ]
