"""What the supervised networks learn from: single expressions, compounds composed of two faces, and RAF-CE's compounds.

Faces are encoded once by the frozen face network; all methods and seeds share the encodings.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cer.corpora import rafce
from cer.labels import EMOTIONS
from cer.perception.face_encoder import SIDE, encode_maps
from cer.train.augment import augment, compress, normalise
from cer.train.data import decode_faces, ferplus
from cer.train.face_corpora import affectnet_like, muxspace

SINGLES = EMOTIONS[:7]  # all but Other
MAX_SINGLES = 500  # faces of a class from each corpus
MIN_AGREEMENT = 0.6  # share of FER+ votes that makes a face single
COMPOSED = 400  # faces composed for each of the fourteen
VIEWS = 6  # augmented views of each labeled compound, beside the face as it is and its mirror image
STRENGTH = 0.75  # of augmentation
MIXUP_RANGE = (0.35, 0.65)  # share of the first face


@dataclass(frozen=True, slots=True)
class Faces:
    """Images uint8 [N, SIDE, SIDE, 3] and their classes int [N]."""

    images: NDArray[np.uint8]
    classes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Faces":
        return Faces(self.images[rows], self.classes[rows])


@dataclass(frozen=True, slots=True)
class Encoded:
    """V views of each of N faces, as the face network encodes them. maps: float16 [N, V, 512, 8, 8]; embeddings:
    float32 [N, V, 256]; classes: int [N].
    """

    maps: NDArray[np.float16]
    embeddings: NDArray[np.float32]
    classes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.classes)

    def __getitem__(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Encoded":
        return Encoded(self.maps[rows], self.embeddings[rows], self.classes[rows])

    def draw(self, rows: NDArray[np.int64], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """One view of each of these faces: maps float32 [B, 512, 8, 8] and embeddings [B, 256]."""
        return self.view(rows, rng.integers(0, self.maps.shape[1], len(rows)))

    def view(self, rows: NDArray[np.int64], views: NDArray[np.int64] | int) -> tuple[Tensor, Tensor]:
        """These views of these faces, as `draw` gives them. View 0 is the face as it is."""
        return torch.from_numpy(self.maps[rows, views]).float(), torch.from_numpy(self.embeddings[rows, views])


def encode(faces: Faces, views: int, rng: np.random.Generator) -> Encoded:
    """Encode each face as it is, mirrored, and in `views` augmented views."""
    shown = [faces.images, faces.images[:, :, ::-1], *(augmented(faces.images, rng) for _ in range(views))]
    count = len(faces)
    maps, embeddings = encode_maps(np.stack(shown, 1).reshape(-1, SIDE, SIDE, 3))
    return Encoded(
        maps.reshape(count, len(shown), *maps.shape[1:]), embeddings.reshape(count, len(shown), -1), faces.classes
    )


def augmented(images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A random view of each image uint8 [N, SIDE, SIDE, 3]: see `cer.train.augment`."""
    parts = []
    for start in range(0, len(images), 256):
        pixels = normalise(torch.from_numpy(compress(images[start : start + 256], rng)))
        views, _ = augment(pixels, SIDE, STRENGTH)
        parts.append(views.add(1).mul(127.5).round().to(torch.uint8).permute(0, 2, 3, 1).numpy())
    return np.concatenate(parts)


def singles(data: Path, work: Path, rng: np.random.Generator) -> Faces:
    """Faces of one expression: FER+ faces that most of the crowd agree on, press photos and web faces. Classes are
    positions in SINGLES."""
    crowd = ferplus(data / "faces/ferplus-train.parquet")
    agreed = crowd.targets.max(1) >= MIN_AGREEMENT
    press = muxspace(data / "faces/muxspace.parquet", work)[0]
    web = affectnet_like(data / "faces/affectnet-like.parquet", work)[0]
    corpora = [
        Faces(crowd.images[agreed], crowd.targets[agreed].argmax(1)),
        Faces(press.images, press.emotions),
        Faces(web.images, web.emotions),
    ]
    chosen = [corpus[_even(corpus.classes, MAX_SINGLES, rng)] for corpus in corpora]
    return Faces(np.concatenate([part.images for part in chosen]), np.concatenate([part.classes for part in chosen]))


def _even(classes: NDArray[np.int64], most: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """At most so many rows of each of SINGLES."""
    return np.concatenate([rng.permutation(np.flatnonzero(classes == c))[:most] for c in range(len(SINGLES))])


def compose(faces: Faces, rng: np.random.Generator, per_class: int = COMPOSED) -> Faces:
    """Compounds made of two single faces each, half by Mixup and half by CutMix. Classes are positions in
    rafce.EXPRESSIONS.

    Mixup is the mean of two aligned faces. CutMix takes the upper part of one face and the lower of the other, as
    compounds do: brows and eyes of one emotion, the mouth of another.
    """
    images = []
    for first, second in rafce.PAIRS:
        pools = [np.flatnonzero(faces.classes == emotion) for emotion in (first, second)]
        rows = np.stack([rng.choice(pool, per_class) for pool in pools], 1)
        swapped = rng.random(per_class) < 0.5
        rows[swapped] = rows[swapped, ::-1]
        images += [_mixed(faces.images[a], faces.images[b], rng) for a, b in rows]
    return Faces(np.stack(images), np.repeat(np.arange(len(rafce.PAIRS)), per_class))


def _mixed(first: NDArray[np.uint8], second: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    share = rng.uniform(*MIXUP_RANGE)
    if rng.random() < 0.5:
        return np.asarray(np.rint(share * first.astype(np.float32) + (1 - share) * second), np.uint8)
    cut = round(share * len(first))
    return np.concatenate([first[:cut], second[cut:]])


def compounds(data: Path, split: str = "even") -> Faces:
    """RAF-CE's faces of a split. Classes are positions in rafce.EXPRESSIONS."""
    table = rafce.faces(data / "faces/rafce-train.parquet", split).to_pandas()
    images, rows = decode_faces(table)
    return Faces(images, np.array([rafce.expression_index(text) for text in table["expression"].to_numpy()[rows]]))
