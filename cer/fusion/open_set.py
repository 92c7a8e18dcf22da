"""The open-set decision: is a distribution over basic emotions neutral, one emotion, a blend of two, or unclear?

PPA and PFSA answer the challenge's question, which of seven blends it is; this is the question before it. A blend needs
both of its parts, so the decision rests on the sorted probabilities of the emotions, not on their sum:

    z = W [p(Neutral), p_1, p_2, p_3, p_2 / (p_1 + p_2)] + b,  states = softmax(z)

with p_1 >= p_2 >= ... the probabilities of the emotions other than Neutral, after half of the class prior of everyday
faces is put back in. The features are bounded, so that a distribution unlike any in training cannot be driven to a sure
answer: their logs told blends as well, and called 93 % against 3 % a blend. W and b are fitted to how divided crowds
were about FER+ faces; no compound label is read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cer.labels import EMOTIONS
from cer.modalities.base import softmax

NEUTRAL, SINGLE, COMPOUND, UNCLEAR = STATES = ("neutral", "single", "compound", "unclear")
MIN_CONFIDENCE = 0.45  # probability of the likeliest state below which nothing is stated


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated about a segment or a clip.

    state: one of STATES. probability: of the state, calibrated; for "unclear" that none of the other states is sure
    enough. emotions: (name, salience), most salient first: none when unclear, one or two otherwise, their saliences
    summing to 1. share: of what is not Neutral, how much lies on the named emotions, in [0, 1]; 1 where none is named.
    """

    state: str
    probability: float
    emotions: tuple[tuple[str, float], ...]
    share: float = 1.0

    @property
    def confidence(self) -> float:
        """Probability that the state and the named emotions are both right."""
        return self.probability * self.share


@dataclass(frozen=True, slots=True)
class OpenSet:
    """weights: float32 [3, 5]; bias: float32 [3]; log_prior: float32 [8], added to the log of prior-free
    probabilities.
    """

    weights: np.ndarray
    bias: np.ndarray
    log_prior: np.ndarray

    def states(self, fused: np.ndarray) -> np.ndarray:
        """Probabilities float32 [S, 3] of neutral, single and compound for distributions [S, 8]; NaN rows stay NaN."""
        return softmax(features(self.with_prior(fused)) @ self.weights.T + self.bias)

    def with_prior(self, fused: np.ndarray) -> np.ndarray:
        """Distributions [S, 8] times the prior, normalized."""
        raised = np.maximum(fused, 0) * np.exp(self.log_prior)
        return np.asarray(raised / np.maximum(raised.sum(1, keepdims=True), 1e-12), np.float32)

    def state(self, fused: np.ndarray, states: np.ndarray) -> Statement:
        """The statement about one distribution [8] with its states [3]."""
        if np.isnan(fused).any():
            return Statement(UNCLEAR, 1.0, ())
        row = int(states.argmax())
        if states[row] < MIN_CONFIDENCE:
            return Statement(UNCLEAR, float(1 - states[row]), ())
        emotions = salient(fused, STATES[row])
        return Statement(STATES[row], float(states[row]), emotions, named_share(fused, emotions))


def features(probabilities: np.ndarray) -> np.ndarray:
    """float [S, 5] of distributions [S, 8]: Neutral, the three strongest other emotions, and the second one's share of
    the first two.
    """
    others = np.sort(probabilities[:, 1:], axis=1)[:, ::-1]
    share = others[:, 1:2] / np.maximum(others[:, :1] + others[:, 1:2], 1e-12)
    return np.concatenate([probabilities[:, :1], others[:, :3], share], 1)


def named_share(fused: np.ndarray, emotions: Sequence[tuple[str, float]]) -> float:
    """How much of what a distribution [8] does not give to Neutral lies on the named emotions; 1 for Neutral."""
    names = [EMOTIONS.index(name) for name, _ in emotions if name != EMOTIONS[0]]
    return float(fused[names].sum() / max(fused[1:].sum(), 1e-12)) if names else 1.0


def salient(fused: np.ndarray, state: str) -> tuple[tuple[str, float], ...]:
    """The emotions of a state with their salience, from a distribution [8]."""
    if state == NEUTRAL:
        return ((EMOTIONS[0], 1.0),)
    first, second = (int(index) + 1 for index in np.argsort(-fused[1:], kind="stable")[:2])
    if state == SINGLE:
        return ((EMOTIONS[first], 1.0),)
    share = float(fused[first] / max(fused[first] + fused[second], 1e-12))
    return ((EMOTIONS[first], share), (EMOTIONS[second], 1 - share))
