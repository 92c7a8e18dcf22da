"""Targets of the face network besides plain labels: identity of the original trunk, and softened noisy labels."""

import logging
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from torch import Tensor

from cer.labels import EMOTIONS
from cer.models.runtime import onnx_session
from cer.train.augment import normalise
from cer.train.face_corpora import LabeledFaces
from cer.train.face_network import IDENTITY, FaceNetwork, Trunk

logger = logging.getLogger(__name__)

IDENTITY_SIDE = 160  # pixels; of the faces shown to the original trunk, which was trained at 224
FOLDS = 5
COMPONENTS = 200  # principal components that the classifier of soften() reads


@torch.no_grad()
def trunk_features(trunk: Trunk, images: NDArray[np.uint8], side: int = IDENTITY_SIDE) -> NDArray[np.float32]:
    """Pooled features [N, 1024] of faces uint8 [N, S, S, 3], resized to `side`."""
    trunk = trunk.eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    parts = []
    for start in range(0, len(images), 64):
        inputs = F.interpolate(normalise(torch.from_numpy(images[start : start + 64])), size=side, mode="bilinear")
        with torch.autocast("cpu", torch.bfloat16):
            parts.append(trunk(inputs.contiguous(memory_format=torch.channels_last)).float().mean((2, 3)).numpy())
    return np.concatenate(parts)


class IdentityAxes:
    """The original trunk's features as unit vectors [N, 256]: the leading principal axes of all training faces."""

    def __init__(self, features: NDArray[np.float32]) -> None:
        self.mean = features.mean(0)
        _, vectors = np.linalg.eigh(np.cov(features - self.mean, rowvar=False))
        self.axes = np.ascontiguousarray(vectors[:, ::-1][:, :IDENTITY].T, np.float32)

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        projected = (features - self.mean) @ self.axes.T
        return np.asarray(projected / np.linalg.norm(projected, axis=1, keepdims=True), np.float32)

    def start(self, network: FaceNetwork) -> None:
        """Let the network's identity head start as this projection."""
        network.identity.weight.data = torch.from_numpy(self.axes.copy())
        network.identity.bias.data = torch.from_numpy((-self.axes @ self.mean).astype(np.float32))


def as_grey(inputs: Tensor) -> Tensor:
    """Inputs of an earlier version's network [N, 1, 48, 48] from RGB inputs [N, 3, SIDE, SIDE]."""
    grey = inputs.mul(torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    return F.interpolate(grey, size=48, mode="bilinear", antialias=True)


def earlier_embeddings(file: Path, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Embeddings [N, D] of an earlier version's face network, whose input is grey [N, 1, 48, 48]."""
    session = onnx_session(file)
    parts = (images[start : start + 256] for start in range(0, len(images), 256))
    inputs = (as_grey(normalise(torch.from_numpy(part))).numpy() for part in parts)
    return np.concatenate([session.run(None, {"faces": part})[1] for part in inputs])


def soften(faces: LabeledFaces, features: NDArray[np.float32], label_share: float) -> NDArray[np.float32]:
    """Targets [N, 8]: the label, mixed with the prediction of a classifier that was not fitted to the face.

    Args:
        faces: training faces; people stay in one fold.
        features: [N, D].
        label_share: weight of the label, in [0, 1].
    """
    predictions = np.zeros((len(faces), len(EMOTIONS)), np.float32)
    scaled = PCA(COMPONENTS, whiten=True, random_state=0).fit_transform(features)
    for fit, test in GroupKFold(FOLDS).split(scaled, groups=faces.names):
        classifier = LogisticRegression(C=3e-3, max_iter=60).fit(scaled[fit], faces.emotions[fit])
        predictions[np.ix_(test, classifier.classes_)] = classifier.predict_proba(scaled[test])
    agreement = float((predictions.argmax(1) == faces.emotions).mean())
    logger.info("labels agree with a classifier that has not seen them on %.3f of the faces", agreement)
    return np.asarray(label_share * faces.targets + (1 - label_share) * predictions, np.float32)
