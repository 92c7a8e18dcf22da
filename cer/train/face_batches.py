"""The face network's training batches: which corpora, how much of each, and what their targets are."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import IterableDataset

from cer.files import sha256_of
from cer.labels import EMOTIONS
from cer.perception.face_encoder import SIDE, UNITS
from cer.train.augment import augment, compress, fill_black, mask_oval, mix_pairs, normalise
from cer.train.data import Faces, ckplus, ferplus, rafce_units
from cer.train.face_corpora import affectnet_like, muxspace
from cer.train.face_network import FaceNetwork, load_trunk
from cer.train.face_targets import IdentityAxes, earlier_embeddings, soften, trunk_features

UNIT_BATCH = 10  # faces with action units in every batch
UNIT_WEIGHT, IDENTITY_WEIGHT, QUALITY_WEIGHT = 0.3, 1.0, 0.3
MIXED_SHARE = 0.3
STRENGTH = 0.75  # of augmentation
MIN_PRIOR = 1e-4  # of a class that a corpus lacks: its logit is left alone
LABEL_SHARE = {"web": 0.6, "press": 0.85}  # how much of a target is the label; the rest a classifier's
BATCH = {"crowd": 60, "web": 24, "press": 8, "posed": 4}  # faces of each corpus in every batch


@dataclass(frozen=True, slots=True)
class Corpus:
    """Training faces of one source.

    Attributes:
        images: uint8 [N, SIDE, SIDE, 3].
        targets: float32 [N, 8], rows sum to 1.
        identity: float32 [N, 256], the original trunk's embedding of the undegraded face, unit length.
        batch: faces in every batch.
        oval: whether the faces are cut out on black.
    """

    images: NDArray[np.uint8]
    targets: NDArray[np.float32]
    identity: NDArray[np.float32]
    batch: int
    oval: bool = False

    def chances(self) -> NDArray[np.float64]:
        """How often each face is drawn: by the inverse square root of its class's frequency."""
        classes = self.targets.argmax(1)
        chances = 1 / np.sqrt(np.bincount(classes, minlength=len(EMOTIONS))[classes])
        return np.asarray(chances / chances.sum())

    def log_prior(self) -> NDArray[np.float32]:
        """Log class frequencies [8] among the faces as drawn."""
        return np.log(np.maximum(self.chances() @ self.targets, MIN_PRIOR)).astype(np.float32)


class Batches(IterableDataset[dict[str, Tensor]]):
    """Draws augmented batches from the corpora and from the faces with action units, without end."""

    def __init__(self, corpora: list[Corpus], units: Faces, unit_identity: NDArray[np.float32], seed: int) -> None:
        self.corpora, self.units, self.unit_identity = corpora, units, unit_identity
        self.rng = np.random.default_rng(seed)
        self.reach = [np.cumsum(corpus.chances()) for corpus in corpora]
        ends = np.cumsum([corpus.batch for corpus in corpora]).tolist()
        self.groups = [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        self.labeled = ends[-1]
        self.log_prior = torch.from_numpy(
            np.concatenate([np.tile(corpus.log_prior(), (corpus.batch, 1)) for corpus in corpora])
        )

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        while True:
            yield self.draw()

    def draw(self) -> dict[str, Tensor]:
        """Views [N, 3, SIDE, SIDE], targets and which rows are mixed [L], action units [N - L], identity [N, 256],
        quality [N]."""
        images, targets, identity = [], [], []
        for corpus, reach in zip(self.corpora, self.reach, strict=True):
            rows = np.searchsorted(reach, self.rng.random(corpus.batch)).clip(max=len(reach) - 1)
            images.append(corpus.images[rows])
            targets.append(corpus.targets[rows])
            identity.append(corpus.identity[rows])
        rows = self.rng.integers(0, len(self.units.images), UNIT_BATCH)
        images.append(self.units.images[rows])
        identity.append(self.unit_identity[rows])
        pixels = normalise(torch.from_numpy(compress(np.concatenate(images), self.rng)))
        for corpus, group in zip(self.corpora, self.groups, strict=True):
            if corpus.oval:  # so that neither corpus can be told by its background
                fill_black(pixels[group], 0.6)
            else:
                mask_oval(pixels[group], 0.3)
        views, quality = augment(pixels, SIDE, STRENGTH)
        labeled, target, mixed = mix_pairs(
            views[: self.labeled], torch.from_numpy(np.concatenate(targets)), self.groups, MIXED_SHARE, self.rng
        )
        return {
            "views": torch.cat([labeled, views[self.labeled :]]).contiguous(memory_format=torch.channels_last),
            "targets": target,
            "mixed": torch.cat([mixed, torch.zeros(UNIT_BATCH, dtype=torch.bool)]),
            "units": torch.from_numpy(self.units.targets[rows]),
            "identity": torch.from_numpy(np.concatenate(identity)),
            "quality": quality,
        }

    def loss(self, outputs: tuple[Tensor, ...], batch: dict[str, Tensor]) -> Tensor:
        """Sum of the four heads' losses."""
        logits, _, units, identity, quality = outputs
        labeled, pure = self.labeled, ~batch["mixed"]
        emotion = F.cross_entropy(logits[:labeled] + self.log_prior, batch["targets"])
        annotated = ~torch.isnan(batch["units"])
        unit = F.binary_cross_entropy_with_logits(units[labeled:][annotated], batch["units"][annotated])
        likeness = (identity * batch["identity"]).sum(1)[pure]
        trust = F.binary_cross_entropy_with_logits(quality[pure], batch["quality"][pure])
        return emotion + UNIT_WEIGHT * unit + IDENTITY_WEIGHT * (1 - likeness.mean()) + QUALITY_WEIGHT * trust


def prepare(
    data: Path, work: Path, earlier: Path | None = None, seed: int = 0
) -> tuple[FaceNetwork, Batches, dict[str, Faces]]:
    """Read the corpora and make the untrained network.

    Args:
        data: the folder of corpora.
        work: folder with faceres.safetensors; aligned faces are kept in it.
        earlier: an earlier version's face.onnx (grey, 48 pixels), a second opinion on noisy labels.
        seed: of the batches and the new layers.
    """
    torch.manual_seed(seed)
    folder = data / "faces"
    crowd, units = ferplus(folder / "ferplus-train.parquet"), rafce_units(folder / "rafce-train.parquet", even=True)
    sequences = ckplus(folder / "ckplus48.parquet")
    press, web = (
        muxspace(folder / "muxspace.parquet", work)[0],
        affectnet_like(folder / "affectnet-like.parquet", work)[0],
    )
    network = FaceNetwork(len(UNITS))
    load_trunk(network.trunk, work / "faceres.safetensors")
    peaks = sequences.images[sequences.frames[:, 1:].ravel()]
    images = {"crowd": crowd.images, "web": web.images, "press": press.images, "posed": peaks, "units": units.images}
    key = hashlib.sha256(sha256_of(work / "faceres.safetensors").encode())
    for part in images.values():
        key.update(part.tobytes())
    cached = work / f"identity-features-{key.hexdigest()[:16]}.npz"
    if not cached.exists():
        np.savez(
            cached, allow_pickle=False, **{name: trunk_features(network.trunk, part) for name, part in images.items()}
        )
    features = dict(np.load(cached))
    axes = IdentityAxes(np.concatenate(list(features.values())))
    axes.start(network)
    noisy = {"web": web, "press": press}
    targets = {"crowd": crowd.targets, "posed": np.eye(len(EMOTIONS), dtype=np.float32)[sequences.emotions.repeat(2)]}
    for name, faces in noisy.items():
        opinion = features[name]
        if earlier is not None:
            opinion = np.concatenate([opinion, earlier_embeddings(earlier, faces.images)], 1)
        targets[name] = soften(faces, opinion, LABEL_SHARE[name])
    corpora = [
        Corpus(images[name], targets[name], axes(features[name]), count, oval=name == "web")
        for name, count in BATCH.items()
    ]
    return network, Batches(corpora, units, axes(features["units"]), seed), {"crowd": crowd, "units": units}
