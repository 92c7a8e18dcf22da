"""The texts that the multilingual head is trained on: any number of emotions a text, in 32 languages.

K = 7 labels: Neutral, where a text has none of the others, then the six. Labels are float32, NaN where a language's
annotators did not have that emotion on their list.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cer.corpora.multilingual import two_letters
from cer.corpora.semeval2025 import COLUMNS
from cer.corpora.xed import split_of
from cer.labels import EMOTIONS, emotion_index
from cer.perception.multilingual_encoder import WIDTH, encode
from cer.train.data import labeled

logger = logging.getLogger(__name__)

LABELS = ("Neutral", "Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise")
HELD_OUT = 16  # of SemEval's training texts, every so many are left for the thresholds
PER_LANGUAGE = 760  # SemEval's texts of a language that are trained on
PER_LANGUAGE_HELD_OUT = 80
SUBTITLES = 100  # of XED, a language
PER_CLASS, COMMENTS = 400, 150  # of MELD's utterances of a class, and of GoEmotions' comments
CHUNK = 256  # texts that are embedded and written to the disk at a time


@dataclass(frozen=True, slots=True)
class Texts:
    """N texts, their labels float32 [N, K], and where each is from: "semeval2025 de"."""

    texts: list[str]
    labels: NDArray[np.float32]
    origins: NDArray[np.str_]


def semeval(path: Path, *, held_out: bool | None = None) -> Texts:
    """SemEval-2025 texts: those left for the thresholds, those that are not, or (None) all with labels."""
    table = pd.read_csv(path).reset_index()
    if held_out is not None:
        table = table[(table["index"] % HELD_OUT == 0) == held_out]
    table = table[table[list(COLUMNS)].notna().any(axis=1)]
    if held_out is not None:
        table = _drawn(table, PER_LANGUAGE_HELD_OUT if held_out else PER_LANGUAGE)
    labels = table[list(COLUMNS)].to_numpy(np.float32)
    none = np.where(np.nansum(labels, 1, keepdims=True) > 0, 0.0, 1.0)
    origins = [f"semeval2025 {language}" for language in table["language"]]
    return Texts(table["text"].astype(str).tolist(), np.hstack([none, labels]).astype(np.float32), np.array(origins))


def xed(path: Path) -> Texts:
    """XED's training lines that have an emotion."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    names = [set(cell.split("|")) - {"anticipation", "trust"} for cell in table["emotions"]]
    table = table.assign(names=names, train=[split_of(text) == "train" for text in table["text"]])
    table = table[table["train"] & (table["names"].str.len() > 0)]
    table = _drawn(table, SUBTITLES)
    return _named(table["text"].tolist(), table["names"].tolist(), [f"xed {name}" for name in table["language"]])


def _drawn(table: pd.DataFrame, limit: int) -> pd.DataFrame:
    """At most so many rows of each language, drawn at random, the languages in turn."""
    table = table.iloc[np.random.default_rng(0).permutation(len(table))]
    place = table.groupby("language").cumcount().to_numpy()
    chosen = np.flatnonzero(place < limit)
    return table.iloc[chosen[np.argsort(place[chosen], kind="stable")]]


def spoken(path: Path) -> Texts:
    """MELD utterances, PER_CLASS of each emotion."""
    table = labeled("meld", path)
    names = [{EMOTIONS[emotion]} for emotion in table["emotion"]]
    return _even(table["text"].tolist(), names, "meld en", PER_CLASS)


def comments(path: Path) -> Texts:
    """GoEmotions comments, COMMENTS of each first emotion; further ones are labels too."""
    table = pd.read_csv(path).dropna(subset=["text", "emotions"])
    return _even(
        table["text"].tolist(), [set(cell.split("|")) for cell in table["emotions"]], "goemotions en", COMMENTS
    )


def _even(texts: list[str], names: list[set[str]], origin: str, limit: int) -> Texts:
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(texts))
    first = pd.Series([sorted(names[row])[0] for row in rows])
    chosen = np.sort(rows[(first.groupby(first).cumcount() < limit).to_numpy()])
    return _named([texts[row] for row in chosen], [names[row] for row in chosen], [origin] * len(chosen))


def _named(texts: list[str], names: Sequence[set[str]], origins: list[str]) -> Texts:
    labels = np.zeros((len(texts), len(LABELS)), np.float32)
    for row, emotions in enumerate(names):
        for name in emotions:
            labels[row, LABELS.index(EMOTIONS[emotion_index(name)])] = 1
    labels[:, 0] = labels[:, 1:].sum(1) == 0
    return Texts(texts, labels, np.array(origins))


def language_of(origin: str) -> str:
    """The two-letter code of an origin's language, or its own code where there is none."""
    return two_letters(origin.split()[1])


def embedded(texts: Sequence[str], work: Path) -> NDArray[np.float32]:
    """Embeddings [N, WIDTH] of texts; every CHUNK of them is kept in `work` and not embedded again."""
    work.mkdir(parents=True, exist_ok=True)
    result = np.zeros((len(texts), WIDTH), np.float32)
    for start in range(0, len(texts), CHUNK):
        part = list(texts[start : start + CHUNK])
        path = work / f"{hashlib.sha256(chr(0).join(part).encode()).hexdigest()[:16]}.npy"
        if not path.is_file():
            finished = path.with_suffix(".part.npy")
            np.save(finished, encode(part).astype(np.float16))
            finished.rename(path)
            logger.info("embedded %d of %d", start + len(part), len(texts))
        result[start : start + CHUNK] = np.load(path)
    return result
