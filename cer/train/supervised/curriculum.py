"""Curriculum learning as in the winner of the 7th ABAW challenge (arXiv 2503.07969): single expressions, then compounds
composed of two faces by Mixup and CutMix, then compounds that people labeled, easy before hard.

Where the paper leaves it open or needs what we lack, we chose: the network is one of `members` and not a masked
autoencoder; a compound's weights begin as the sum of its two emotions'; what is easy is what the network of the stage
before finds easy (the paper raises the share of compounds only, which we do as well); the loss is a softmax over the
fourteen with the log of their frequencies added (logit adjustment, arXiv 2007.07314), not a binary one a class.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from cer.corpora.rafce import EXPRESSIONS
from cer.train.static_face import learning_rate
from cer.train.supervised.faces import SINGLES, Encoded
from cer.train.supervised.members import Member

BATCH = 64
WEIGHT_DECAY = 0.05
# Chosen by four folds of the even RAF-CE pictures: more steps, or a higher rate on the few labeled ones, do worse.
STEPS = {"singles": 400, "composed": 200, "labeled": 200}
RATES = {"singles": 1e-3, "composed": 3e-4, "labeled": 5e-4}
FIRST_SHARE = 0.4  # of the labeled compounds, the easiest, that the last stage begins with
SMOOTHING = 0.1
AVERAGING = 0.99  # of the moving average of the weights, per step


@dataclass(frozen=True, slots=True)
class Material:
    """What a network learns from: single expressions, composed compounds, labeled compounds."""

    singles: Encoded
    composed: Encoded
    labeled: Encoded


def fit(network: nn.Module, loss: Callable[[float], Tensor], steps: int, rate: float) -> None:
    """Fit the network in place and leave it with the moving average of its weights, in evaluation mode.

    Args:
        network: what is fitted.
        loss: draws a batch and returns its loss; given the progress in [0, 1).
        steps: batches.
        rate: peak learning rate.
    """
    network.train()
    average = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), rate, weight_decay=WEIGHT_DECAY)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = rate * learning_rate(step / steps)
        optimizer.zero_grad()
        loss(step / steps).backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 2.0)
        optimizer.step()
        share = min(AVERAGING, step / (10 + step))
        with torch.no_grad():
            for mean, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
                mean.copy_(new if not mean.is_floating_point() else mean * share + new * (1 - share))
    network.load_state_dict(average.state_dict())
    network.eval()


def chances(classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """How often each face is drawn: by the inverse square root of its class's frequency."""
    weights = 1 / np.sqrt(np.bincount(classes)[classes])
    return np.asarray(weights / weights.sum())


def log_prior(classes: NDArray[np.int64], count: int) -> Tensor:
    """Log frequencies [count] of the classes as `chances` draws them; at least 1e-4, so that a class without faces is
    left alone."""
    drawn = np.bincount(classes, chances(classes), count)
    return torch.from_numpy(np.log(np.maximum(drawn, 1e-4)).astype(np.float32))


def single_loss(network: Member, faces: Encoded, rng: np.random.Generator) -> Callable[[float], Tensor]:
    """Cross-entropy of single expressions."""
    reach, prior = chances(faces.classes), log_prior(faces.classes, len(SINGLES))

    def loss(progress: float) -> Tensor:
        rows = rng.choice(len(faces), BATCH, p=reach)
        logits, _ = network(*faces.draw(rows, rng))
        return F.cross_entropy(logits + prior, torch.from_numpy(faces.classes[rows]), label_smoothing=SMOOTHING)

    return loss


def compound_loss(
    network: Member, parts: list[tuple[Encoded, Callable[[float], float]]], rng: np.random.Generator
) -> Callable[[float], Tensor]:
    """Cross-entropy of compounds. parts: faces, the easiest first, and the share of them that is drawn from at a
    progress."""
    reach = [chances(faces.classes) for faces, _ in parts]
    priors = [log_prior(faces.classes, len(EXPRESSIONS)) for faces, _ in parts]

    def loss(progress: float) -> Tensor:
        losses = []
        for (faces, share), likely, prior in zip(parts, reach, priors, strict=True):
            count = max(1, int(share(progress) * len(faces)))
            rows = rng.choice(count, BATCH // len(parts), p=likely[:count] / likely[:count].sum())
            _, logits = network(*faces.draw(rows, rng))
            target = torch.from_numpy(faces.classes[rows])
            losses.append(F.cross_entropy(logits + prior, target, label_smoothing=SMOOTHING))
        return torch.stack(losses).mean()

    return loss


@torch.no_grad()
def outputs(network: Member, faces: Encoded) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Logits [N, 7] and [N, 14], each the mean over the face and its mirror image, of a network in evaluation mode."""
    parts = []
    for start in range(0, len(faces), 256):
        rows = slice(start, start + 256)
        views = [
            network(torch.from_numpy(faces.maps[rows, view]).float(), torch.from_numpy(faces.embeddings[rows, view]))
            for view in (0, 1)
        ]
        parts.append([torch.stack(column).mean(0).numpy() for column in zip(*views, strict=True)])
    singles, compounds = (np.concatenate(column) for column in zip(*parts, strict=True))
    return singles, compounds


def easiest_first(network: Member, faces: Encoded) -> Encoded:
    """The faces in the order of the network's loss on them, within each class: the smallest first."""
    _, logits = outputs(network, faces)
    losses = F.cross_entropy(torch.from_numpy(logits), torch.from_numpy(faces.classes), reduction="none").numpy()
    rank = np.empty(len(faces))
    for label in np.unique(faces.classes):
        rows = np.flatnonzero(faces.classes == label)
        rank[rows[np.argsort(losses[rows])]] = (np.arange(len(rows)) + 0.5) / len(rows)
    return faces[np.argsort(rank)]


def train(
    network: Member, material: Material, seed: int, watch: Callable[[str, Member], None] = lambda stage, network: None
) -> Member:
    """Take a new network through the three stages.

    Args:
        network: one of `members.FAMILIES`.
        material: encoded faces.
        seed: of the batches.
        watch: called after each stage with its name.
    """
    rng = np.random.default_rng(seed)
    fit(network, single_loss(network, material.singles, rng), STEPS["singles"], RATES["singles"])
    network.begin_compounds()
    watch("singles", network)
    singles = single_loss(network, material.singles, rng)
    composed = compound_loss(network, [(material.composed, lambda progress: 1.0)], rng)
    fit(network, lambda progress: composed(progress) + singles(progress), STEPS["composed"], RATES["composed"])
    watch("composed", network)
    ordered = easiest_first(network, material.labeled)
    both = [
        (ordered, lambda progress: min(1.0, FIRST_SHARE + 2 * progress * (1 - FIRST_SHARE))),
        (material.composed, lambda progress: 1.0),
    ]
    labeled = compound_loss(network, both[:1], rng)
    mixed = compound_loss(network, both, rng)
    fit(
        network,
        lambda progress: mixed(progress) if progress < 0.5 else labeled(progress),
        STEPS["labeled"],
        RATES["labeled"],
    )
    watch("labeled", network)
    return network
