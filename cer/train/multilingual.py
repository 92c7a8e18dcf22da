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

from cer.corpora import goemotions, semeval2025, xed
from cer.corpora.multilingual import two_letters
from cer.corpora.several import UNANNOTATED, names_of, saliences_of
from cer.labels import EMOTIONS
from cer.perception.multilingual_encoder import WIDTH, encode
from cer.train.data import labeled

logger = logging.getLogger(__name__)

LABELS = EMOTIONS[:7]
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
    table = semeval2025.rows(path, "train").to_pandas()
    if held_out is not None:
        table = table[(table.index % HELD_OUT == 0) == held_out]
    table = table[table["label"].notna()]
    if held_out is not None:
        table = _drawn(table, PER_LANGUAGE_HELD_OUT if held_out else PER_LANGUAGE)
    return _texts(table, [f"semeval2025 {language}" for language in table["language"]])


def subtitles(path: Path) -> Texts:
    """XED's training lines that have an emotion."""
    table = xed.rows(path, "train").to_pandas()
    table = _drawn(table[table["label"].notna()], SUBTITLES)
    return _texts(table, [f"xed {language}" for language in table["language"]])


def _drawn(table: pd.DataFrame, limit: int) -> pd.DataFrame:
    """At most so many rows of each language, drawn at random, the languages in turn."""
    table = table.iloc[np.random.default_rng(0).permutation(len(table))]
    place = table.groupby("language").cumcount().to_numpy()
    chosen = np.flatnonzero(place < limit)
    return table.iloc[chosen[np.argsort(place[chosen], kind="stable")]]


def spoken(path: Path) -> Texts:
    """MELD utterances, PER_CLASS of each emotion."""
    table = _even(labeled("meld", path), PER_CLASS)
    return _texts(table, ["meld en"] * len(table))


def comments(path: Path) -> Texts:
    """GoEmotions comments, COMMENTS of each first emotion in the order of the alphabet; further ones are labels too."""
    table = goemotions.comments(path, None).to_pandas()
    table = _even(table[table["label"].notna()], COMMENTS)
    return _texts(table, ["goemotions en"] * len(table))


def _even(table: pd.DataFrame, limit: int) -> pd.DataFrame:
    """At most so many rows of each first emotion, drawn at random."""
    rows = np.random.default_rng(0).permutation(len(table))
    first = pd.Series([min(names_of(label)) for label in table["label"].iloc[rows]])
    return table.iloc[np.sort(rows[(first.groupby(first).cumcount() < limit).to_numpy()])]


def _texts(table: pd.DataFrame, origins: list[str]) -> Texts:
    """A table's texts and labels; what is neutral and something else is not Neutral."""
    saliences = np.array([saliences_of(label, LABELS) for label in table["label"]])
    labels = np.where(saliences == UNANNOTATED, np.nan, saliences > 0).astype(np.float32)
    labels[:, 0] = np.nansum(labels[:, 1:], 1) == 0
    return Texts(table["text"].tolist(), labels, np.array(origins))


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
