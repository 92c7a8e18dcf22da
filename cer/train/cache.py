"""Expressions of whole corpora, kept between the training scripts: four of them read the same faces."""

import hashlib
from pathlib import Path

import numpy as np

from cer.models.checkpoints import shipped
from cer.perception.face_encoder import Expressions, read


def expressions(images: np.ndarray, work: Path) -> Expressions:
    """`expression.read` of grey crops uint8 [N, 48, 48], kept in `work` under a name made of crops and network."""
    key = hashlib.sha256(images.tobytes() + shipped("face.onnx").sha256.encode()).hexdigest()[:16]
    path = work / f"expressions-{key}.npz"
    if not path.exists():
        seen = read(images)
        work.mkdir(parents=True, exist_ok=True)
        np.savez(path, logits=seen.logits, embeddings=seen.embeddings, units=seen.units)
        return seen
    stored = np.load(path)
    return Expressions(stored["logits"], stored["embeddings"], stored["units"])
