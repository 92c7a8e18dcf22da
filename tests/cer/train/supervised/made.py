"""Encoded faces of made numbers: a class shows in BLOCK columns of the embedding, and in a channel of the maps."""

import numpy as np

from cer.train.supervised.faces import Encoded

BLOCK = 18


def encoded(classes: list[int], views: int = 2, seed: int = 0, strength: float = 3.0) -> Encoded:
    rng = np.random.default_rng(seed)
    count = len(classes)
    maps = rng.random((count, views, 512, 8, 8), np.float32) * 0.1
    embeddings = rng.standard_normal((count, views, 256), np.float32) * 0.3
    for row, label in enumerate(classes):
        maps[row, :, label] += strength
        embeddings[row, :, BLOCK * label : BLOCK * (label + 1)] += strength
    return Encoded(maps.astype(np.float16), embeddings, np.array(classes))
