"""Expressions of whole corpora, kept between the training scripts: four of them read the same faces."""

import hashlib
from dataclasses import fields
from pathlib import Path

import numpy as np

from cer.models.checkpoints import shipped
from cer.perception.face_encoder import Expressions, encode


def expressions(images: np.ndarray, work: Path) -> Expressions:
    """`face_encoder.encode` of crops uint8 [N, SIDE, SIDE, 3], kept in `work` by a name made of crops and network."""
    key = hashlib.sha256(images.tobytes() + shipped("face.onnx").sha256.encode()).hexdigest()[:16]
    path = work / f"expressions-{key}.npz"
    if not path.exists():
        encoded = encode(images)
        work.mkdir(parents=True, exist_ok=True)
        np.savez(path, **{field.name: getattr(encoded, field.name) for field in fields(Expressions)})
        return encoded
    stored = np.load(path)
    return Expressions(**{field.name: stored[field.name] for field in fields(Expressions)})
