"""Compound expression recognition in video: `analyze(clip) -> Analysis`.

The names below are loaded when they are first used, so that `import cer` and `--help` are instant.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cer.errors import CerError, ClipError, DataError, WeightsError
    from cer.pipeline import analyze, observe
    from cer.results.analysis import Analysis

__version__ = "0.1.0"
__all__ = ["Analysis", "CerError", "ClipError", "DataError", "WeightsError", "analyze", "observe"]
_HOMES = {"Analysis": "results.analysis", "analyze": "pipeline", "observe": "pipeline"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'cer' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES.get(name, 'errors')}", __name__), name)
