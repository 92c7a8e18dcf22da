"""Label maps of published models, read by name: a model's third class is what its config calls it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from cer.errors import WeightsError
from cer.labels import EMOTIONS, emotion_index


def emotion_columns(labels: Sequence[str], origin: str) -> np.ndarray:
    """Position in EMOTIONS of each of a model's K labels, int [K]; -1 for one that names no basic emotion.

    Raises WeightsError where fewer than two do: then the config does not say what the classes are.
    """
    columns = np.full(len(labels), -1)
    for place, label in enumerate(labels):
        try:
            columns[place] = emotion_index(label)
        except ValueError:
            continue
    if len({int(column) for column in columns if column >= 0}) < 2:
        raise WeightsError(
            f"{origin}: its classes {', '.join(labels)} do not name basic emotions, so it cannot be read. "
            "Use the revision that this project names."
        )
    return columns


def labels_of(config: Mapping[str, Any], origin: str) -> list[str]:
    """The class names of a checkpoint's config.json in the order of its outputs. Raises WeightsError without any."""
    named = config.get("id2label")
    if not named:
        raise WeightsError(f"{origin}: its config names no classes. Use the revision that this project names.")
    by_place = {int(place): str(label) for place, label in named.items()}
    return [by_place[place] for place in range(len(by_place))]


def to_emotions(probabilities: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Distributions float32 [N, 8] from a model's own [N, K]: classes that are no basic emotion are left out, and what
    remains sums to one.
    """
    converted = np.zeros((len(probabilities), len(EMOTIONS)), np.float32)
    for place, column in enumerate(columns):
        if column >= 0:
            converted[:, column] += probabilities[:, place]
    return converted / np.maximum(converted.sum(1, keepdims=True), 1e-9)
