"""Lexicon: emotion logits from which words, and which pairs of neighboring words, a text holds.

A linear classifier on TF-IDF features of word pieces, in the tokenizer of the sentence encoder. On captions of a few
hundred clips it beats what can be learned on pooled sentence embeddings: single phrases ("furrowed brows") decide.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cer.models.checkpoints import Checkpoint
from cer.models.runtime import tensors
from cer.perception import text_encoder

_SHIFT = 16  # bits; a tokenizer's 30,522 pieces fit


@dataclass(frozen=True, slots=True)
class Lexicon:
    """terms: int64 [F], ascending, see `terms_of`; rarity: float32 [F], the inverse document frequency of each;
    weights: float32 [F, 8], what a term adds to each emotion's logit; bias: float32 [8].
    """

    terms: np.ndarray
    rarity: np.ndarray
    weights: np.ndarray
    bias: np.ndarray

    def __post_init__(self) -> None:
        size = len(self.terms)
        if not size or self.rarity.shape != (size,) or self.weights.shape != (size, 8) or self.bias.shape != (8,):
            raise ValueError(
                f"a lexicon of terms [F], rarity [F], weights [F, 8] and bias [8], F at least 1; given {size} terms, "
                f"{self.rarity.shape}, {self.weights.shape} and {self.bias.shape}"
            )

    def features(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Rows [K] of the terms that a text holds and their values float32 [K], of unit length: (1 + ln count) x
        rarity.
        """
        counts = Counter(terms_of(text_encoder.pieces(text)))
        terms = np.fromiter(counts, np.int64, len(counts))
        rows = np.minimum(np.searchsorted(self.terms, terms), len(self.terms) - 1)
        matching = self.terms[rows] == terms
        rows = rows[matching]
        values = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts))[matching])) * self.rarity[rows]
        return rows, values / max(float(np.linalg.norm(values)), 1e-9)

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """Float32 [N, 8] of N texts; a text of unknown words gets the bias alone."""
        logits = np.tile(self.bias, (len(texts), 1))
        for row, text in enumerate(texts):
            rows, values = self.features(text)
            logits[row] += values @ self.weights[rows]
        return logits


def terms_of(pieces: Sequence[int]) -> list[int]:
    """The terms of a text's word pieces: each piece, and each pair of neighbors, as one number."""
    ones = [piece << _SHIFT for piece in pieces]
    return ones + [word + following + 1 for word, following in zip(ones, pieces[1:], strict=False)]


def load(checkpoint: Checkpoint) -> Lexicon:
    """A lexicon from its safetensors file."""
    return of_tensors(tensors(checkpoint))


def of_tensors(stored: Mapping[str, np.ndarray]) -> Lexicon:
    """A lexicon from the tensors of its file, which may hold others."""
    return Lexicon(stored["terms"], stored["rarity"], stored["weights"], stored["bias"])
