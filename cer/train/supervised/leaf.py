"""Semi-supervised learning as in LEAF (arXiv 2404.15041): features for expression and pseudo-labels, both decoupled.

Three levels, as the paper names them. Semantic: experts on each place of the maps, some for what shows expression and
some for what does not, fused by learned gates of which the strongest two count. Instance: the same on the face's
features. Category: a prediction on an unlabeled face is parted into the emotions that it may be, which stay as
ambiguous as they are, and those that it is not; another view has to agree with both.

Where the paper leaves it open or needs what we lack, we chose: the backbone is frozen; "may be" is at least an even
share of the probability; the pseudo-labels come from the moving average of the network on the face as it is, with the
class frequencies of the labeled faces; the augmented view has to agree. They count from a confidence of 0.5 on, rising
over the first fifth of the training.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cer.train.supervised.curriculum import chances, fit, log_prior
from cer.train.supervised.faces import Encoded
from cer.train.supervised.members import Member, narrow

LABELED_BATCH, UNLABELED_BATCH = 48, 96
STEPS, RATE = 800, 1e-3
RAMP = 0.2  # of the training over which pseudo-labels come to count
MIN_CONFIDENCE = 0.5
TEACHER_AVERAGING = 0.98
WEIGHT = 1.0  # of pseudo-labels beside labels
SHARPEN = 0.7  # temperature of pseudo-labels


class Experts(nn.Module):
    """Features [..., D] through experts, half of them for expression, fused by gates: the strongest two count."""

    def __init__(self, width: int, experts: int = 4, chosen: int = 2) -> None:
        super().__init__()
        self.chosen = chosen
        self.gate = nn.Linear(width, experts)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(width, width // 2), nn.GELU(), nn.Linear(width // 2, width)) for _ in range(experts)
        )

    def forward(self, x: Tensor) -> Tensor:
        gates = self.gate(x)
        weakest = gates.topk(self.chosen, -1).values[..., -1:]
        share = gates.masked_fill(gates < weakest, -1e4).softmax(-1)
        made = torch.stack([expert(x) for expert in self.experts], -1)
        return x + (made * share[..., None, :]).sum(-1)


class Leaf(Member):
    """Semantic experts on places, instance experts on what is pooled from them."""

    width = 128

    def __init__(self, singles: int = 7) -> None:
        super().__init__(singles)
        self.enter = narrow(self.width)
        self.semantic = Experts(self.width)
        self.attend = nn.Linear(self.width, 1)
        self.instance = Experts(self.width)
        self.last = nn.LayerNorm(self.width)

    def read(self, maps: Tensor) -> Tensor:
        places = self.semantic(self.enter(maps).flatten(2).transpose(1, 2))
        pooled = (places * self.attend(places).softmax(1)).sum(1)
        return self.last(self.instance(pooled))


@dataclass(frozen=True, slots=True)
class Pseudo:
    """Ambiguous pseudo-labels of B faces. positive: [B, K], distributions over what a face may be, zero elsewhere;
    negative: bool [B, K], what it is not; weight: [B].
    """

    positive: Tensor
    negative: Tensor
    weight: Tensor


def decouple(probabilities: Tensor) -> Pseudo:
    """Part predictions [B, K] into what a face may be and what it is not."""
    may_be = probabilities >= 1 / probabilities.shape[1]
    positive = probabilities * may_be
    confidence = positive.sum(1) * probabilities.amax(1)
    return Pseudo(
        positive / positive.sum(1, keepdim=True), ~may_be, confidence * (probabilities.amax(1) >= MIN_CONFIDENCE)
    )


def agreement(logits: Tensor, pseudo: Pseudo) -> Tensor:
    """How far predictions [B, K] of another view are from pseudo-labels, a number."""
    log_probabilities = logits.log_softmax(1)
    may_be = -(pseudo.positive * log_probabilities).sum(1)
    wrong = (log_probabilities.exp() * pseudo.negative).sum(1).clamp(max=1 - 1e-4)
    return ((may_be - torch.log1p(-wrong)) * pseudo.weight).mean()


def train(
    network: Member,
    labeled: Encoded,
    unlabeled: Encoded | None,
    head: int,
    classes: int,
    seed: int,
    steps: int = STEPS,
) -> Member:
    """Fit a network to labeled and, where there are some, unlabeled faces.

    Args:
        network: from scratch or after the curriculum's first stages.
        labeled: faces with classes.
        unlabeled: faces whose classes are not read; None for supervised learning alone.
        head: 0 for single expressions, 1 for compounds: which of the network's outputs learns.
        classes: how many there are.
        seed: of the batches.
        steps: batches.
    """
    rng = np.random.default_rng(seed)
    teacher = copy.deepcopy(network)
    reach, prior = chances(labeled.classes), log_prior(labeled.classes, classes)
    natural = torch.from_numpy(log_frequencies(labeled.classes, classes))

    def follow() -> None:
        with torch.no_grad():
            for mean, new in zip(teacher.state_dict().values(), network.state_dict().values(), strict=True):
                mean.copy_(
                    new if not mean.is_floating_point() else mean * TEACHER_AVERAGING + new * (1 - TEACHER_AVERAGING)
                )

    def loss(progress: float) -> Tensor:
        rows = rng.choice(len(labeled), LABELED_BATCH, p=reach)
        logits = network(*labeled.draw(rows, rng))[head]
        target = torch.from_numpy(labeled.classes[rows])
        supervised = F.cross_entropy(logits + prior, target, label_smoothing=0.1)
        if unlabeled is None:
            return supervised
        follow()
        rows = rng.choice(len(unlabeled), UNLABELED_BATCH)
        with torch.no_grad():
            teacher.eval()
            taught = (teacher(*unlabeled.view(rows, 0))[head] + natural) / SHARPEN
            pseudo = decouple(taught.softmax(1))
        other = network(*unlabeled.view(rows, -1))[head] + natural
        return supervised + min(1.0, progress / RAMP) * WEIGHT * agreement(other, pseudo)

    fit(network, loss, steps, RATE)
    return network


def log_frequencies(classes: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """Log class frequencies [count]: what turns logits free of a prior into those of a corpus."""
    frequencies = np.bincount(classes, minlength=count) / len(classes)
    return np.asarray(np.log(np.maximum(frequencies, 1e-4)), np.float32)


def some_of_each(classes: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Rows of a share of the faces of each class, at least one."""
    chosen = []
    for label in np.unique(classes):
        rows = rng.permutation(np.flatnonzero(classes == label))
        chosen.append(rows[: max(1, round(share * len(rows)))])
    return np.sort(np.concatenate(chosen))
