"""Compound expression recognition in video.

    from cer import analyze

    analysis = analyze("clip.mp4")

`analyze`, `observe` and, for a camera, `observe_stream` are the way in; `Observation`, `Analysis` and `Prediction` are
what they return; `Modality` is what to implement for a modality of your own (CONTRIBUTING.md). The names are loaded
when they are first used, so that `import cer` and `cer --version` are instant.
"""

import os
from typing import TYPE_CHECKING, Any

# Unless this is set before it is imported, onnxruntime (1.29 and later) reports every process to its maker and keeps an
# identifier of the machine in the user's cache.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
# oneDNN, below CTranslate2 (and torch), keeps what it has made ready for the last 1,024 shapes. Whisper meets a new one
# in almost every utterance, 1.3 MB each: an hour of speech would cost a gigabyte. 64 are as fast.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "64")

if TYPE_CHECKING:
    from cer.errors import CerError, ClipError, DataError, WeightsError
    from cer.labels import COMPOUNDS, EMOTIONS
    from cer.live import observe_stream
    from cer.modalities.base import Modality, Prediction
    from cer.observation import Observation
    from cer.pipeline import analyze, observe
    from cer.results.analysis import Analysis

__version__ = "0.1.0"
__all__ = [
    "COMPOUNDS",
    "EMOTIONS",
    "Analysis",
    "CerError",
    "ClipError",
    "DataError",
    "Modality",
    "Observation",
    "Prediction",
    "WeightsError",
    "analyze",
    "observe",
    "observe_stream",
]
_HOMES = {
    "cer.errors": ("CerError", "ClipError", "DataError", "WeightsError"),
    "cer.labels": ("COMPOUNDS", "EMOTIONS"),
    "cer.live": ("observe_stream",),
    "cer.modalities.base": ("Modality", "Prediction"),
    "cer.observation": ("Observation",),
    "cer.pipeline": ("analyze", "observe"),
    "cer.results.analysis": ("Analysis",),
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module 'cer' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
