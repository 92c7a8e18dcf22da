"""The items of training corpora as arrays; `cer.corpora` has their readers. An item that cannot be used is counted and
logged.
"""

import hashlib
import logging
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cer.corpora import CORPORA, rafce
from cer.corpora.ferplus import distributions
from cer.labels import EMOTIONS
from cer.perception.face_encoder import UNITS, decode

logger = logging.getLogger(__name__)

FRAMES_PER_SEQUENCE = 3  # of CK+


@dataclass(frozen=True, slots=True)
class Faces:
    """RGB crops uint8 [N, SIDE, SIDE, 3] with targets float32 [N, K]; NaN where a target is unknown."""

    images: np.ndarray
    targets: np.ndarray


def decode_faces(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Images of the table's `image` column that decode, uint8 [N, SIDE, SIDE, 3], and their row numbers [N]."""
    decoded = [_decoded(image["bytes"], image["path"]) for image in table["image"]]
    pairs = [(row, image) for row, image in enumerate(decoded) if image is not None]
    if not pairs:
        raise ValueError("no readable image in this table")
    return np.stack([image for _, image in pairs]), np.array([row for row, _ in pairs])


def _decoded(content: bytes, name: str) -> NDArray[np.uint8] | None:
    """The face uint8 [SIDE, SIDE, 3]; None, logged with the name, where it does not decode."""
    try:
        return decode(content)
    except (OSError, ValueError, TypeError, SyntaxError):
        logger.warning("%s: not a readable image, skipped", name)
        return None


def labeled(corpus: str, path: Path) -> pd.DataFrame:
    """The items of a corpus' file that have a label: the reader's columns, and `emotion`, the label's index in
    EMOTIONS. Texts come without surrounding spaces, and empty ones are left out.
    """
    table = CORPORA[corpus].rows(path, None).to_pandas()
    usable = table["label"].notna()
    if "text" in table:
        table["text"] = table["text"].str.strip()
        usable &= table["text"] != ""
    if not usable.all():
        logger.warning("%s: %d of %d items without a label or words skipped", path, (~usable).sum(), len(table))
    table = table[usable].reset_index(drop=True)
    return table.assign(emotion=[EMOTIONS.index(label) for label in table["label"]])


def ferplus(path: Path) -> Faces:
    """FER+ images and their votes as distributions; those that most people found no emotion or no face in are left
    out.
    """
    table = labeled("ferplus", path)
    images, rows = decode_faces(table)
    return Faces(images, distributions(np.stack(table["votes"])[rows]))


RAFCE_UNITS = "rafce-train.parquet: image, action_units of even numbers"
"""What weights that learned from RAF-CE's action units call it in their notes."""


def units_sha256(path: Path) -> str:
    """SHA-256 over what `rafce_units` reads of RAF-CE's even pictures: no compound label can change it."""
    digest = hashlib.sha256()
    for item in rafce.faces(path, "even"):
        digest.update(item["image"]["bytes"] + b"\0" + (item["action_units"] or "").encode() + b"\0")
    return digest.hexdigest()


def rafce_units(path: Path, *, even: bool) -> Faces:
    """RAF-CE images with an even (or odd) number and their action units, 0 or 1 per unit of UNITS, NaN where nobody
    annotated them. The labels are not used.
    """
    table = rafce.faces(path, "even" if even else "odd").to_pandas()
    images, rows = decode_faces(table)
    targets = np.full((len(rows), len(UNITS)), np.nan, np.float32)
    for target, text in zip(targets, table["action_units"].to_numpy()[rows], strict=True):
        if (annotated := rafce.units(text)) is not None:
            target[:] = [unit in annotated for unit in UNITS]
    return Faces(images, targets)


@dataclass(frozen=True, slots=True)
class Sequences:
    """images uint8 [K, SIDE, SIDE, 3] of all frames; per sequence: frames int [N, 3] into images in order, emotions
    [N], subjects [N].
    """

    images: np.ndarray
    frames: np.ndarray
    emotions: np.ndarray
    subjects: np.ndarray


def ckplus(path: Path) -> Sequences:
    """CK+ sequences of three frames that decode; others are logged and left out."""
    table = labeled("ckplus", path)
    images, rows = [], []
    for row, contents in enumerate(table["images"]):
        frames = [image for content in contents if (image := _decoded(content, table["id"][row])) is not None]
        if len(frames) == FRAMES_PER_SEQUENCE:
            images += frames
            rows.append(row)
        else:
            logger.warning("%s: %d frames instead of %d, skipped", table["id"][row], len(frames), FRAMES_PER_SEQUENCE)
    frames_of = np.arange(len(images)).reshape(-1, FRAMES_PER_SEQUENCE)
    return Sequences(np.stack(images), frames_of, table["emotion"].to_numpy()[rows], table["subject"].to_numpy()[rows])


def misheard(text: str, rng: np.random.Generator, share: float = 0.12) -> str:
    """An utterance as a small recogniser writes it: words lost or doubled, capitals and sometimes the punctuation
    gone.
    """
    words = [
        word
        for word in text.split()
        for _ in range(int(rng.choice([0, 1, 2], p=[share * 0.75, 1 - share, share * 0.25])))
    ]
    transcript = " ".join(words) or text
    return re.sub(r"[^\w\s']", "", transcript).lower() if rng.random() < 0.4 else transcript


FACES_PER_CLASS = 1500


def even(faces: Faces, rng: np.random.Generator, per_class: int = FACES_PER_CLASS) -> Faces:
    """At most `per_class` faces of each class."""
    classes = faces.targets.argmax(1)
    rows = np.concatenate([rng.permutation(np.flatnonzero(classes == c))[:per_class] for c in range(len(EMOTIONS))])
    return Faces(faces.images[rows], faces.targets[rows])
