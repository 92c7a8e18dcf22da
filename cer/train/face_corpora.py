"""Face corpora whose images are found, aligned and cropped as in a clip: press photos, web images, film stills."""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cer.corpora.faces import person_name
from cer.labels import EMOTIONS
from cer.perception.face_detection import crop, detect
from cer.perception.face_encoder import SIDE, as_input, decode_image
from cer.train.data import labeled

logger = logging.getLogger(__name__)

MUXSPACE_FOLDS = 5
AFFECTNET_FOLDS = 10


@dataclass(frozen=True, slots=True)
class LabeledFaces:
    """Aligned faces of one corpus.

    Attributes:
        images: uint8 [N, S, S, 3], SIDE pixels a side unless asked for otherwise.
        emotions: int [N], indexes into EMOTIONS.
        names: str [N]; faces of one person share a name where the corpus knows it, otherwise the file's name.
        detected: bool [N]; False where no face was detected and the whole image is used.
    """

    images: NDArray[np.uint8]
    emotions: NDArray[np.int64]
    names: NDArray[np.str_]
    detected: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "LabeledFaces":
        return LabeledFaces(self.images[rows], self.emotions[rows], self.names[rows], self.detected[rows])

    @property
    def targets(self) -> NDArray[np.float32]:
        """Labels as one-hot float32 [N, 8]."""
        return np.eye(len(EMOTIONS), dtype=np.float32)[self.emotions]


def align(image: NDArray[np.uint8], side: int = SIDE) -> tuple[NDArray[np.uint8], bool]:
    """The largest face as RGB uint8 [side, side, 3], and whether one was detected: the whole image if not."""
    faces = detect(image)
    if faces:
        return crop(image, faces[0], side), True
    return np.asarray(Image.fromarray(as_input(image)).resize((side, side))), False


def labeled_faces(path: Path, work: Path | None = None, side: int = SIDE) -> LabeledFaces:
    """Align the labeled images of a parquet file that `cer.corpora.faces` reads.

    Args:
        path: the file.
        work: a folder to keep the aligned crops in between runs.
        side: pixels of the crops' sides.
    """
    table = labeled("faces", path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    cached = work / f"aligned-{side}-{digest}.npz" if work else None
    if cached is not None and cached.exists():
        stored = np.load(cached)
        images, detected = stored["images"], stored["detected"]
    else:
        pairs = [align(decode_image(item["bytes"]), side) for item in table["image"]]
        images, detected = np.stack([image for image, _ in pairs]), np.array([flag for _, flag in pairs])
        if cached is not None:
            cached.parent.mkdir(parents=True, exist_ok=True)
            np.savez(cached, images=images, detected=detected)
    logger.info("%s: no face detected in %d of %d images", path.name, int((~detected).sum()), len(detected))
    names = np.array([person_name(str(item["path"])) for item in table["image"]])
    return LabeledFaces(images, table["emotion"].to_numpy(), names, detected)


def fold_of(name: str, folds: int) -> int:
    """A fold that depends on nothing but the name, so that a person stays in one fold."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % folds


def split(faces: LabeledFaces, folds: int) -> tuple[LabeledFaces, LabeledFaces]:
    """Training and validation faces: fold 0 of `folds`, by name, is kept for validation."""
    validation = np.array([fold_of(name, folds) == 0 for name in faces.names])
    return faces[~validation], faces[validation]


def muxspace(path: Path, work: Path | None = None, side: int = SIDE) -> tuple[LabeledFaces, LabeledFaces]:
    """Press photos: four fifths of the people for training, one fifth for validation."""
    return split(labeled_faces(path, work, side), MUXSPACE_FOLDS)


def affectnet_like(path: Path, work: Path | None = None) -> tuple[LabeledFaces, LabeledFaces]:
    """Web faces cut out as an oval on black, with noisy labels: nine tenths for training, a tenth for validation."""
    return split(labeled_faces(path, work), AFFECTNET_FOLDS)


def film_stills(path: Path, work: Path | None = None) -> LabeledFaces:
    """Film stills. No network is trained on them; temperatures and the open-set decision are fitted to them among
    others.
    """
    return labeled_faces(path, work)


def foreign_faces(data: Path, work: Path | None = None) -> LabeledFaces:
    """The training faces of muxspace and affectnet-like together."""
    press = muxspace(data / "faces/muxspace.parquet", work)[0]
    web = affectnet_like(data / "faces/affectnet-like.parquet", work)[0]
    return LabeledFaces(
        np.concatenate([press.images, web.images]),
        np.concatenate([press.emotions, web.emotions]),
        np.concatenate([press.names, web.names]),
        np.concatenate([press.detected, web.detected]),
    )
