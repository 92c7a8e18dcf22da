"""Faces with soft targets and their expressions, for the networks that read the face network's embedding."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cer.modalities.base import softmax
from cer.perception.face_encoder import Expressions
from cer.train.cache import expressions
from cer.train.data import Faces, even, ferplus
from cer.train.face_corpora import foreign_faces

CROWD_PER_CLASS = 1500  # FER+ faces; more of the common classes teach little and take long to encode
FOREIGN_PER_CLASS = 500  # press photos and web faces
LABEL_SHARE = 0.6  # of a foreign face's target; the rest is the face network's prediction, as labels are noisy


def training_expressions(data: Path, work: Path, seed: int = 0) -> tuple[Expressions, NDArray[np.float32]]:
    """Expressions of N training faces of FER+, muxspace and affectnet-like, and their targets float32 [N, 8]."""
    rng = np.random.default_rng(seed)
    crowd = even(ferplus(data / "faces/ferplus-train.parquet"), rng, CROWD_PER_CLASS)
    labeled = foreign_faces(data, work)
    foreign = even(Faces(labeled.images, labeled.targets), rng, FOREIGN_PER_CLASS)
    encoded = expressions(np.concatenate([crowd.images, foreign.images]), work)
    predicted = softmax(encoded.logits[len(crowd.images) :])
    softened = LABEL_SHARE * foreign.targets + (1 - LABEL_SHARE) * predicted
    return encoded, np.concatenate([crowd.targets, softened]).astype(np.float32)
