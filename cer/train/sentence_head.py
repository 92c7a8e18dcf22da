"""The head of scene_context: a small one on frozen sentence embeddings, trained free of the class prior."""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from ..labels import EMOTIONS
from ..modalities.base import softmax
from .calibrate import fit_temperature
from .networks import SentenceHead
from .publish import export

RATE = 3e-3
DECAY = 0.05
BATCH = 256


@dataclass(frozen=True, slots=True)
class Corpus:
    """Embeddings float32 [N, 384], emotion indices [N], and how much a row of this corpus counts."""

    embeddings: np.ndarray
    emotions: np.ndarray
    weight: float = 1.0

    @property
    def prior(self) -> np.ndarray:
        return prior_of(self.emotions)


def prior_of(emotions: np.ndarray) -> np.ndarray:
    """Class frequencies [8] of emotion indices [N]; a class that never occurs gets next to nothing."""
    counts = np.bincount(emotions, minlength=len(EMOTIONS)).astype(np.float32)
    return np.maximum(counts / counts.sum(), 1e-6)


def train(corpora: list[Corpus], *, epochs: int, width: int = 256, seed: int = 0, noise: float = 0.0) -> SentenceHead:
    """A head whose logits are free of the prior: to each corpus' rows the log of that corpus' own prior is added in
    the loss.

    noise: standard deviation of what is added to an embedding's entries, as misheard words would.
    """
    torch.manual_seed(seed)
    seen = np.unique(np.concatenate([one.emotions for one in corpora]))
    head = SentenceHead(torch.tensor([index in seen for index in range(len(EMOTIONS))]), width)
    inputs = torch.from_numpy(np.concatenate([one.embeddings for one in corpora]))
    targets = torch.from_numpy(np.concatenate([one.emotions for one in corpora])).long()
    shifts = torch.from_numpy(np.concatenate([np.tile(np.log(one.prior), (len(one.emotions), 1)) for one in corpora]))
    weights = torch.from_numpy(np.concatenate([np.full(len(one.emotions), one.weight, np.float32) for one in corpora]))
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=DECAY)
    steps = epochs * -(-len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    head.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(inputs)).split(BATCH):
            heard = inputs[rows] + noise * torch.randn(len(rows), inputs.shape[1])
            losses = F.cross_entropy(head(heard) + shifts[rows], targets[rows], reduction="none")
            optimizer.zero_grad()
            (losses * weights[rows]).mean().backward()
            optimizer.step()
            schedule.step()
    return head.eval()


@torch.no_grad()
def logits(head: SentenceHead, embeddings: np.ndarray) -> np.ndarray:
    """[N, 8] of embeddings [N, 384]."""
    return np.asarray(head(torch.from_numpy(embeddings)).numpy())


def calibrate(head: SentenceHead, embeddings: np.ndarray, truth: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Fit the head's temperature on held-out items [N] under the class frequencies [8] that they have; returns their
    probabilities [N, 8] under that prior.
    """
    found = logits(head, embeddings)
    temperature = fit_temperature(found, np.eye(len(EMOTIONS))[truth], np.log(prior))
    head.temperature.fill_(temperature)
    return softmax(found / temperature + np.log(prior))


def graph(head: SentenceHead) -> bytes:
    """The head as an ONNX graph from `sentences` [N, 384] to `logits` [N, 8]."""
    return export(head, {"sentences": F.normalize(torch.randn(2, 384), dim=1)}, ["logits"], {"sentences": {0: "N"}})
