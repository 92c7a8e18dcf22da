"""Late fusion, written once: MHPF, then a weighted sum of PPA and PFSA, then the open-set decision."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from cer.fusion.compound import Prototypes, combine, pfsa, ppa, similarities
from cer.fusion.mhpf import MHPF
from cer.fusion.open_set import UNCLEAR, OpenSet, Statement
from cer.labels import MODALITIES
from cer.models.checkpoints import Checkpoint, own, shipped
from cer.models.runtime import tensors


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is decided about S segments; NaN rows where no modality is present.

    fused: float32 [S, 8]. weights: [S, M], each modality's mean effective weight. contributions: [S, M, 8], what each
    adds to the fused distribution before its temperature. ppa, pfsa, compound: [S, 7]. states: [S, 3], probabilities of
    neutral, single and compound. quality: [S, M] in (0, 1], as each modality's evidence was weighed.
    """

    fused: np.ndarray
    weights: np.ndarray
    contributions: np.ndarray
    ppa: np.ndarray
    pfsa: np.ndarray
    compound: np.ndarray
    states: np.ndarray
    quality: np.ndarray


class Decision:
    """The learned numbers above the modalities, and what follows from them.

    fusion: MHPF. prototypes: of PFSA, by modality. open_set: whether a distribution is neutral, one emotion or a blend;
    moving: the same of a face in motion, whose distribution over time lies nearer to Neutral.
    """

    def __init__(self, file: Checkpoint) -> None:
        self.checkpoint = file
        stored = tensors(self.checkpoint)
        self.fusion = MHPF(stored["theta"], stored["beta"], stored.get("temperature"), stored.get("sources"))
        self.open_set_checkpoint = shipped("open_set.safetensors")
        rules = tensors(self.open_set_checkpoint)
        self.open_set = OpenSet(rules["weights"], rules["bias"], rules["log_prior"])
        self.moving = OpenSet(rules["moving.weights"], rules["moving.bias"], rules["log_prior"])
        self.prototypes = {
            name: Prototypes(stored[f"{name}.centre"], stored[f"{name}.means"], float(stored[f"{name}.temperature"][0]))
            for name in MODALITIES
            if f"{name}.means" in stored
        }

    def similarities(self, embeddings: Mapping[str, np.ndarray | None], segments: int) -> np.ndarray:
        """PFSA of each modality alone, float32 [S, M, 7] of embeddings by modality [S, D]; NaN where there is none."""
        return similarities(embeddings, self.prototypes, MODALITIES, segments)

    def states(self, fused: np.ndarray, moving: np.ndarray) -> np.ndarray:
        """Probabilities float32 [S, 3] of neutral, single and compound for distributions [S, 8]. moving: bool [S],
        whether a face in motion is part of them.
        """
        return np.where(moving[:, None], self.moving.states(fused), self.open_set.states(fused))

    def decide(
        self,
        probabilities: np.ndarray,
        present: np.ndarray,
        alone: np.ndarray,
        quality: np.ndarray | None = None,
        fusion: MHPF | None = None,
        direct: np.ndarray | None = None,
    ) -> Outcome:
        """Decide about S segments.

        Args:
            probabilities: [S, M, 8], of the modalities in the order of MODALITIES.
            present: bool [S, M].
            alone: PFSA of each modality alone, [S, M, 7], NaN where absent, as `similarities` returns it.
            quality: [S, M] in (0, 1]; all 1 when None.
            fusion: Another one than the learned MHPF.
            direct: [S, 7] of a model that was trained on compound labels, NaN where absent: the compound decision is
                its, where it has one, in place of PPA and PFSA mixed.
        """
        rule = fusion or self.fusion
        contributions = rule.contributions(probabilities, present, quality)
        fused = rule.fuse(probabilities, present, quality)
        weights = rule.weights(present, quality).mean(2)
        by_probability, by_similarity = ppa(fused), pfsa(alone, weights)
        compound = combine(by_probability, by_similarity)
        if direct is not None:
            compound = np.where(np.isnan(direct), compound, direct)
        return Outcome(
            fused=fused,
            weights=weights,
            contributions=contributions,
            ppa=by_probability,
            pfsa=by_similarity,
            compound=compound,
            states=self.states(fused, present[:, MODALITIES.index("dynamic_face")]),
            quality=np.ones(present.shape, np.float32) if quality is None else quality,
        )

    def statements(self, outcome: Outcome) -> tuple[Statement, list[Statement]]:
        """What is stated about the clip, and about each segment.

        The clip's state is the mean of its segments' states; its emotions are those of the segments of that state, so
        that anger and then sadness is not taken for a blend of both.
        """
        each = [self.open_set.state(*pair) for pair in zip(outcome.fused, outcome.states, strict=True)]
        valid = ~np.isnan(outcome.fused).any(1)
        if not valid.any():
            return Statement(UNCLEAR, 1.0, ()), each
        states = outcome.states[valid].mean(0)
        share = outcome.states[valid][:, int(states.argmax())]
        fused = (outcome.fused[valid] * share[:, None]).sum(0) / share.sum()
        return self.open_set.state(fused, states), each


def decision() -> Decision:
    """The shipped numbers, or those in the file that CER_FUSION names (made by `python -m cer.train.fusion`)."""
    return _decision(os.environ.get("CER_FUSION"))


@lru_cache(maxsize=2)
def _decision(file: str | None) -> Decision:
    return Decision(own(Path(file), "fusion") if file else shipped("fusion.safetensors"))
