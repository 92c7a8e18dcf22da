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

from cer.corpora import CORPORA
from cer.corpora.ferplus import distributions
from cer.errors import ClipError
from cer.labels import EMOTIONS, emotion_index
from cer.media.sound import decode_sound
from cer.perception.face_encoder import UNITS, decode

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Faces:
    """RGB crops uint8 [N, 96, 96, 3] with targets float32 [N, K]; NaN where a target is unknown."""

    images: np.ndarray
    targets: np.ndarray


def decode_faces(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of the table's `image` column that decode, uint8 [N, 96, 96, 3], and their row numbers [N]."""
    images, rows = [], []
    for row, item in enumerate(table["image"]):
        try:
            images.append(decode(item["bytes"]))
            rows.append(row)
        except (OSError, ValueError, TypeError, SyntaxError):
            logger.warning(
                "row %d (%s): not a readable picture, skipped",
                row,
                item.get("path") if isinstance(item, dict) else item,
            )
    if not images:
        raise ValueError("no readable picture in this table")
    return np.stack(images), np.array(rows)


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


def rafce_number(path: str) -> int:
    """Picture number of a RAF-CE file name ("0004_aligned.jpg" -> 4)."""
    match = re.match(r"(\d+)", Path(path).name)
    if match is None:
        raise ValueError(f"{path}: a RAF-CE picture is named like 0004_aligned.jpg")
    return int(match[1])


def rafce_units(path: Path, *, even: bool) -> Faces:
    """RAF-CE pictures with an even (or odd) number and their action units, 0 or 1 per unit of UNITS; labels are not
    read.

    Sides (L, R) and halves (T, B) of a unit are merged. "null" is no annotation: NaN.
    """
    table = pd.read_parquet(path, columns=["image", "action_units"])
    keep = [rafce_number(item["path"]) % 2 == (0 if even else 1) for item in table["image"]]
    table = table[keep].reset_index(drop=True)
    images, rows = decode_faces(table)
    targets = np.full((len(rows), len(UNITS)), np.nan, np.float32)
    for target, text in zip(targets, table["action_units"].to_numpy()[rows], strict=True):
        if text and text != "null":
            annotated = {int(re.sub(r"\D", "", unit)) for unit in str(text).split("+")}
            target[:] = [unit in annotated for unit in UNITS]
    return Faces(images, targets)


def sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def ravdess(path: Path) -> pd.DataFrame:
    """RAVDESS speech: columns samples (float32 mono 16 kHz), emotion (index in EMOTIONS; calm counts as Neutral),
    actor.
    """
    table = pd.read_parquet(path)
    rows = []
    for item, label, actor in zip(table["audio"], table["label"], table["actor"], strict=True):
        try:
            rows.append({"samples": decode_sound(item["bytes"]), "emotion": emotion_index(label), "actor": int(actor)})
        except (ClipError, ValueError, TypeError) as error:
            logger.warning("%s: skipped (%s)", item.get("path") if isinstance(item, dict) else item, error)
    return pd.DataFrame(rows)


def meld(path: Path) -> pd.DataFrame:
    """MELD utterances: columns text, emotion (index in EMOTIONS). Empty utterances are skipped."""
    return _texts(path, "text", "emotion")


def goemotions(path: Path) -> pd.DataFrame:
    """GoEmotions comments with exactly one emotion: columns text, emotion (index in EMOTIONS)."""
    table = pd.read_csv(path)
    return _texts(path, "text", "emotions", table[~table["emotions"].astype(str).str.contains("|", regex=False)])


def captions(path: Path) -> pd.DataFrame:
    """Captions of labelled clips: columns text, emotion (index in EMOTIONS), segment, model, prompt."""
    return _texts(path, "caption", "label")


def _texts(path: Path, text: str, emotion: str, table: pd.DataFrame | None = None) -> pd.DataFrame:
    table = pd.read_csv(path) if table is None else table
    usable = table[text].fillna("").str.strip().ne("") & table[emotion].notna()
    if not usable.all():
        logger.warning("%s: %d rows without text or label skipped", path, int((~usable).sum()))
    table = table[usable].reset_index(drop=True)
    return table.assign(text=table[text].str.strip(), emotion=[emotion_index(label) for label in table[emotion]])


@dataclass(frozen=True, slots=True)
class Sequences:
    """images uint8 [K, 96, 96, 3] of all frames; per sequence: frames int [N, 3] into images in order, emotions [N],
    subjects [N].
    """

    images: np.ndarray
    frames: np.ndarray
    emotions: np.ndarray
    subjects: np.ndarray


def ckplus(path: Path) -> Sequences:
    """CK+ peak frames in order, three a sequence; contempt counts as Other. Sequences with another count are
    skipped.
    """
    table = pd.read_parquet(path)
    images, rows = decode_faces(table)
    table = table.iloc[rows].reset_index(drop=True)
    frames, emotions, subjects = [], [], []
    for (subject, sequence), part in table.groupby(["subject", "sequence"], sort=True):
        if len(part) != 3:
            logger.warning("CK+ %s/%s: %d frames instead of 3, skipped", subject, sequence, len(part))
            continue
        frames.append(part.sort_values("frame").index.to_numpy())
        emotions.append(emotion_index(part["label"].iloc[0]))
        subjects.append(subject)
    return Sequences(images, np.stack(frames), np.array(emotions), np.array(subjects))


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
