"""PPA and PFSA: from basic emotions to the seven compound expressions, without ever having seen a compound label.

PPA is the paper's Pair-Wise Probability Aggregation (arXiv 2507.02205). The paper's public code holds no Pair-Wise
Feature Similarity Aggregation; PFSA here is our reading of its description.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cer.labels import PAIRS
from cer.modalities.base import softmax

PFSA_WEIGHT = 0.5  # in the compound decision, PPA has the rest; set by hand, not learned
_FIRST, _SECOND = (np.array(column) for column in zip(*PAIRS, strict=True))


def ppa(fused: np.ndarray) -> np.ndarray:
    """s_k = fused[i] + fused[j] for the pair (i, j) of compound k, normalized over the seven.

    fused: [S, 8] distributions, NaN rows where nothing is known. Returns float32 [S, 7].
    """
    scores = fused[:, _FIRST] + fused[:, _SECOND]
    total = scores.sum(1, keepdims=True)
    # All the mass on Neutral and Other says nothing about any pair: the seven are then equal.
    return np.where(
        total > 1e-9, scores / np.maximum(total, 1e-9), np.where(np.isnan(total), np.nan, 1 / len(PAIRS))
    ).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Prototypes:
    """What PFSA compares with, for one modality. center: [D], the mean training embedding; means: [8, D], the mean
    embedding of each basic emotion less the center, zero for one never seen; temperature: of the softmax, learned."""

    center: np.ndarray
    means: np.ndarray
    temperature: float


def comparable(embedding: np.ndarray | None, prototypes: Prototypes | None) -> bool:
    """Whether embeddings [S, D] are of the model that the prototypes were made with: another one has another D."""
    return embedding is not None and prototypes is not None and embedding.shape[-1] == len(prototypes.center)


def cosines(embedding: np.ndarray, prototypes: Prototypes) -> np.ndarray:
    """cos(f - center, mu_c) float [S, 8] of embeddings [S, D]."""
    centered = embedding - prototypes.center
    centered = centered / np.maximum(np.linalg.norm(centered, axis=1, keepdims=True), 1e-9)
    means = prototypes.means / np.maximum(np.linalg.norm(prototypes.means, axis=1, keepdims=True), 1e-9)
    return np.asarray(centered @ means.T)


def pfsa_of(embedding: np.ndarray, prototypes: Prototypes) -> np.ndarray:
    """One modality: softmax over k of (cos(f, mu_i) + cos(f, mu_j)) / temperature. Embeddings [S, D]; returns float32
    [S, 7].
    """
    similar = cosines(embedding, prototypes)
    return softmax((similar[:, _FIRST] + similar[:, _SECOND]) / prototypes.temperature)


def similarities(
    embeddings: Mapping[str, np.ndarray | None],
    prototypes: Mapping[str, Prototypes],
    names: Sequence[str],
    segments: int,
    compare: Callable[[np.ndarray, Prototypes], np.ndarray] = pfsa_of,
    width: int = len(PAIRS),
) -> np.ndarray:
    """What each modality alone says, float32 [S, M, K] in the order of `names`, of embeddings by modality [S, D]; NaN
    rows where a modality has no embedding, or no prototypes.

    compare: of embeddings [S, D] with a modality's prototypes, [S, K]; width: K.
    """
    each = np.full((segments, len(names), width), np.nan, np.float32)
    for name, embedding in embeddings.items():
        if embedding is not None and comparable(embedding, prototypes.get(name)):
            rows = ~np.isnan(embedding).any(1)
            each[rows, names.index(name)] = compare(embedding[rows], prototypes[name])
    return each


def pfsa(each: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """PFSA of S segments: the mean of the modalities' own [S, M, K], NaN rows where absent, by their effective weights
    [S, M], renormalized over those present. Returns float32 [S, K], NaN rows where none is. K is seven, or as many as
    a user has labels.
    """
    share = weights * ~np.isnan(each).any(2)
    total = (share[..., None] * np.nan_to_num(each)).sum(1)
    weight = share.sum(1, keepdims=True)
    return np.where(weight > 0, total / np.maximum(weight, 1e-12), np.nan).astype(np.float32)


def combine(by_probability: np.ndarray, by_similarity: np.ndarray, weight: float = PFSA_WEIGHT) -> np.ndarray:
    """weight x PFSA + (1 - weight) x PPA, [S, 7]; PPA alone where there is no PFSA."""
    mixed = (1 - weight) * by_probability + weight * by_similarity
    return np.where(np.isnan(by_similarity), by_probability, mixed).astype(np.float32)
