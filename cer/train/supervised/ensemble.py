"""The ensemble of three families, fused late, as in arXiv 2403.12572 and 2407.12257, and its distillation.

Late fusion is the mean of the members' probabilities. The papers train their members on RAF-DB's faces at once; ours
each go through the curriculum. The student (arXiv 1503.02531) is the smallest family; it also learns from faces without
any compound label, what the ensemble makes of them.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from cer.train.supervised.curriculum import BATCH, fit, outputs
from cer.train.supervised.faces import Encoded
from cer.train.supervised.members import Member

STEPS, RATE = 600, 1e-3
TEMPERATURE = 2.0  # of the ensemble's probabilities that the student learns


def fuse(logits: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Mean probabilities [N, K] of members' logits [N, K]."""
    return np.asarray(np.mean([torch.from_numpy(each).softmax(1).numpy() for each in logits], 0), np.float32)


def distill(student: Member, members: Mapping[str, Member], faces: list[Encoded], seed: int) -> Member:
    """Let a small network answer as the ensemble does.

    Args:
        student: a new network.
        members: trained networks in evaluation mode.
        faces: drawn from alike, whatever their labels.
        seed: of the batches.
    """
    rng = np.random.default_rng(seed)
    targets = [_soft(members, part) for part in faces]
    fit(student, _loss(student, faces, targets, rng), STEPS, RATE)
    return student


def _soft(members: Mapping[str, Member], faces: Encoded) -> Tensor:
    """Mean log-odds of the members at TEMPERATURE as probabilities [N, 14]: of the face, whatever view is drawn."""
    logits = np.mean([outputs(member, faces)[1] for member in members.values()], 0)
    return torch.from_numpy(logits / TEMPERATURE).softmax(1)


def _loss(
    student: Member, faces: list[Encoded], targets: list[Tensor], rng: np.random.Generator
) -> Callable[[float], Tensor]:
    def loss(progress: float) -> Tensor:
        losses = []
        for part, target in zip(faces, targets, strict=True):
            rows = rng.choice(len(part), BATCH // len(faces))
            _, logits = student(*part.draw(rows, rng))
            losses.append(F.cross_entropy(logits / TEMPERATURE, target[rows]) * TEMPERATURE**2)
        return torch.stack(losses).mean()

    return loss
