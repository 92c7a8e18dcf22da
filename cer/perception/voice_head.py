"""The voice head: from voice statistics to emotions and to the kind of a vocal burst."""

from typing import Any

import numpy as np

from cer.models.checkpoints import locate, shipped
from cer.models.runtime import cached_per_device, onnx_session

BURST_KINDS = ("laugh", "cry", "scream", "gasp", "other")


def predict_voice(statistics: np.ndarray, burst: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Emotion logits [8], embedding [128] and logits [5] of BURST_KINDS.

    Args:
        statistics: float32 [STATISTICS_WIDTH] of a stretch of voice.
        burst: share of the stretch that is sounds without words, in [0, 1].
    """
    inputs = {"statistics": statistics[None], "burst": np.array([burst], np.float32)}
    logits, embedding, kinds = _network().run(None, inputs)
    return logits[0], embedding[0], kinds[0]


@cached_per_device()
def _network() -> Any:
    return onnx_session(locate(shipped("audio.onnx")))
