"""MHPF: Multi-Head Probability Fusion (Team RAS, arXiv 2507.02205; shapes after the authors' published code).

    W[h, m, c] = softmax over the present modalities m of theta[h, m, c] + log q[m]
    fused[c]   = sum_h softmax(beta)[h] sum_m W[h, m, c] P[m, c],  renormalized over c

q in (0, 1] is the quality of a modality's evidence, 1 as in training: one that is out of its home weighs less, visibly.
All of it is linear in P, so the heads collapse to one effective weight per modality and class; which modalities are
present decides it. A mean is less sure than its members have reason to be together, the more so the more sources they
rest on: a temperature for each number of present sources, fitted on held-out items, makes it honest (fused ** (1 / T)).
Four modalities that read one face are one source, and agree without having more reason to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from cer.labels import EMOTIONS


@dataclass(frozen=True, slots=True)
class MHPF:
    """theta: float32 [H, M, C]; beta: float32 [H]; temperature: float32 [G], for one to G present sources; None for the
    plain equation. sources: int [M] in [0, G), the source of each modality; None where each is its own.
    """

    theta: np.ndarray
    beta: np.ndarray
    temperature: np.ndarray | None = None
    sources: np.ndarray | None = None

    def sources_present(self, present: np.ndarray) -> np.ndarray:
        """How many sources are present, int [S], of modalities bool [S, M]."""
        sources = np.arange(present.shape[1]) if self.sources is None else self.sources
        return np.stack([present[:, sources == source].any(1) for source in np.unique(sources)], 1).sum(1)

    def weights(self, present: np.ndarray, quality: np.ndarray | None = None) -> np.ndarray:
        """Effective weights float32 [S, M, C] for present bool [S, M] and quality [S, M]: they sum to one over the
        present modalities; zero where none is.
        """
        some: np.ndarray = np.any(present, axis=1)
        theta = self.theta[None] + (0 if quality is None else np.log(quality)[:, None, :, None])
        masked = np.where(present[:, None, :, None], theta, -np.inf)  # [S, H, M, C]
        top = np.where(some[:, None, None, None], masked.max(2, keepdims=True), 0)
        raised = np.exp(masked - top)
        within = raised / np.maximum(raised.sum(2, keepdims=True), 1e-30)
        heads = np.exp(self.beta - self.beta.max())
        return np.einsum("h,shmc->smc", heads / heads.sum(), within).astype(np.float32)

    def contributions(
        self, probabilities: np.ndarray, present: np.ndarray, quality: np.ndarray | None = None
    ) -> np.ndarray:
        """What each modality adds to each class, float32 [S, M, C] of probabilities [S, M, C]: W P, divided by its sum
        over all, so that the sum over the modalities is the fused distribution before the temperature; zero where a
        modality is absent.

        What absent modalities hold in `probabilities` is not read.
        """
        masked = np.where(present[..., None], probabilities, 0)
        parts = self.weights(present, quality) * masked
        return np.asarray(parts / np.maximum(parts.sum((1, 2), keepdims=True), 1e-12), np.float32)

    def fuse(self, probabilities: np.ndarray, present: np.ndarray, quality: np.ndarray | None = None) -> np.ndarray:
        """Fused distribution float32 [S, C] of probabilities [S, M, C]; NaN rows where no modality is present."""
        fused = self.contributions(probabilities, present, quality).sum(1)
        if self.temperature is not None:
            fused = fused ** (1 / self.temperature[np.maximum(self.sources_present(present), 1) - 1, None])
            fused = fused / np.maximum(fused.sum(1, keepdims=True), 1e-12)
        return np.where(present.any(1, keepdims=True), fused, np.nan).astype(np.float32)


def subsets(among: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Every set of the modalities that is not empty, small ones first: 63 of six."""
    for size in range(1, len(among) + 1):
        yield from combinations(among, size)


def average(modalities: int) -> MHPF:
    """Equal weights: where training starts, and a baseline."""
    return MHPF(np.zeros((1, modalities, len(EMOTIONS)), np.float32), np.zeros(1, np.float32))
