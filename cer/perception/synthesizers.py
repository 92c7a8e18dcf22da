"""Languages of speech synthesizers: a linear layer on the mean and deviation over time of Whisper base's encoder.

Whisper understands people, and voices made from recordings of people. Of a synthesizer by rules, as screen readers and
announcements have them, it takes most languages for another one; its encoder hears the difference all the same.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cer.models.checkpoints import note_of, shipped
from cer.models.runtime import tensors

WEIGHTS = "synthesizers.safetensors"
PERSON = "person"  # the class of people's voices, whose language Whisper names

SURE = 0.9  # of Whisper's guess: from there on it stands; it is right about nine such synthesizers of ten, and people
GUESS_WEIGHT = 0.2  # of the log-probability of Whisper's guess beside the layer's
LEAST = 1e-4  # a probability that counts as none


class Layer(NamedTuple):
    """Languages and PERSON; weights [1024, C] and bias [C] of their logits."""

    classes: list[str]
    weights: np.ndarray
    bias: np.ndarray


def named(rows: np.ndarray, guesses: Mapping[str, float]) -> Mapping[str, float]:
    """The probability of each language.

    Args:
        rows: float32 [R, 512] of Whisper base's encoder, of the speech alone.
        guesses: what Whisper makes of it.
    """
    return named_by(_layer(), speech_statistics(rows), guesses)


def named_by(layer: Layer, statistics: np.ndarray, guesses: Mapping[str, float]) -> Mapping[str, float]:
    """person x guess + (1 - person) x the language of a synthesizer, which is proportional to
    exp(logit) x guess ** GUESS_WEIGHT; the guess alone where that is SURE.
    """
    if max(guesses.values()) >= SURE:
        return guesses
    logits = statistics @ layer.weights + layer.bias
    odds = dict(zip(layer.classes, np.exp(logits - logits.max()).tolist(), strict=True))
    person = odds[PERSON] / sum(odds.values())
    spoken = {
        code: share * max(guesses.get(code, 0.0), LEAST) ** GUESS_WEIGHT
        for code, share in odds.items()
        if code != PERSON
    }
    whole = sum(spoken.values())
    return {
        code: person * guesses.get(code, 0.0) + (1 - person) * spoken.get(code, 0.0) / whole
        for code in guesses.keys() | spoken.keys()
    }


def speech_statistics(rows: np.ndarray) -> np.ndarray:
    """Mean and deviation over time, float32 [1024], of rows [R, 512]."""
    return np.concatenate([rows.mean(0), rows.std(0)])


@lru_cache(maxsize=1)
def _layer() -> Layer:
    stored = tensors(shipped(WEIGHTS))
    return Layer(note_of(WEIGHTS)["classes"], stored["weights"].astype(np.float32), stored["bias"])
