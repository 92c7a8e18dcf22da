"""The voice head: from voice statistics to emotions and to the kind of a vocal burst."""

from typing import Any

import numpy as np

from cer.labels import EMOTIONS
from cer.models.checkpoints import locate, shipped
from cer.models.runtime import cached_per_device, onnx_session

BURST_KINDS = ("laugh", "cry", "scream", "gasp", "other")

MIN_PRIOR = 0.02  # of a class that a training corpus lacks: it is discouraged there, not ruled out


def predict_voice(statistics: np.ndarray, burst: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Emotion logits [8], embedding [128] and logits [5] of BURST_KINDS.

    Args:
        statistics: float32 [STATISTICS_WIDTH] of a stretch of voice.
        burst: share of the stretch that is sounds without words, in [0, 1].
    """
    inputs = {"statistics": statistics[None], "burst": np.array([burst], np.float32)}
    logits, embedding, kinds = _network().run(None, inputs)
    return discourage_other(logits[0], burst), embedding[0], kinds[0]


def discourage_other(logits: np.ndarray, burst: np.ndarray | float) -> np.ndarray:
    """Logits [..., 8] of voices with a share of bursts [...]: contempt was in training as a burst and never in speech,
    so in speech the head has no reason to predict it, and keeps the prior that it was trained with.
    """
    adjusted = np.array(logits, np.float32)
    adjusted[..., EMOTIONS.index("Other")] += (1 - burst) * np.log(MIN_PRIOR)
    return adjusted


@cached_per_device()
def _network() -> Any:
    return onnx_session(locate(shipped("audio.onnx")))
