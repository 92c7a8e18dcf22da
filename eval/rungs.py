"""What stands on the ladder: methods, and how they were scored."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Method:
    """values: one array for each seed of the method, float [R, K] over the corpus' kind of label, NaN where it says
    nothing. learned: what its models were trained on.
    """

    name: str
    learned: str
    values: Sequence[np.ndarray]


@dataclass(frozen=True, slots=True)
class Rung:
    """A method's macro-F1: the mean over its seeds with a 95 % interval over items, each seed's own, and what it has
    more than the reference, with the interval of that and the two-sided share of the resamples that says otherwise.
    """

    name: str
    learned: str
    macro_f1: float
    interval: tuple[float, float]
    seeds: tuple[float, ...]
    gain: float
    gain_interval: tuple[float, float]
    p: float
