"""Progress: how long work tells whoever waits for it how far it is."""

from collections.abc import Callable

Progress = Callable[[str, float], None]
"""Called with the name of a stage and the fraction of the whole work that is done, in [0, 1]."""


def silent(stage: str, fraction: float) -> None:
    """Progress that nobody follows."""
