"""The reader of text: the sentence encoder with a low-rank adapter (LoRA, arXiv 2106.09685),
and a small head on its embeddings, trained together and free of the class prior.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save
from torch import Tensor, nn

from cer.labels import EMOTIONS
from cer.modalities.base import softmax
from cer.perception import text_encoder
from cer.train.calibrate import fit_temperature
from cer.train.networks import LowRank, SentenceHead
from cer.train.publish import export

logger = logging.getLogger(__name__)

LEARNING_RATE, ADAPTER_RATE = 2e-3, 5e-4  # of learning, at its peak
DECAY = 0.05
BATCH = 32
RANK = 16
ADAPTED = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
"""The products of a layer that the adapter changes."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """texts and emotion indices [N], how much a row of this corpus counts, how many rows are drawn in an epoch (None:
    all), and what becomes of a text before each epoch.
    """

    texts: Sequence[str]
    emotions: np.ndarray
    weight: float = 1.0
    drawn: int | None = None
    vary: Callable[[str, np.random.Generator], str] = lambda text, rng: text

    @property
    def prior(self) -> np.ndarray:
        """Class frequencies [8]; a class that never occurs gets next to nothing."""
        counts = np.bincount(self.emotions, minlength=len(EMOTIONS)).astype(np.float32)
        return np.maximum(counts / counts.sum(), 1e-6)

    def epoch(self, rng: np.random.Generator) -> Iterator[tuple[str, int, np.ndarray, float]]:
        """Text, emotion, log-prior [8] and weight of each row of one epoch."""
        shift = np.log(self.prior)
        for row in rng.permutation(len(self.texts))[: self.drawn]:
            yield self.vary(self.texts[row], rng), int(self.emotions[row]), shift, self.weight


class Reader(nn.Module):
    """all-MiniLM-L6-v2, frozen, with an adapter in each layer, and the head on its mean-pooled embeddings."""

    def __init__(self, trained: Tensor, width: int, most_tokens: int) -> None:
        from cer.modalities.paper.device import declare_operators

        declare_operators()
        from cer.train.minilm import bert
        from cer.train.sentence_encoder import MeanPooled

        super().__init__()
        self.bert = bert(attn_implementation="sdpa")
        self.bert.requires_grad_(False)
        for layer in self.bert.encoder.layer:
            for name in ADAPTED:
                parent, _, last = name.rpartition(".")
                owner = layer.get_submodule(parent)
                setattr(owner, last, LowRank(getattr(owner, last), RANK))
        self.pooled = MeanPooled(self.bert)
        self.head = SentenceHead(trained, width)
        self.tokenizer = text_encoder.tokenizer(most_tokens)

    def embed(self, texts: Sequence[str]) -> Tensor:
        """Unit-length embeddings [N, 384]."""
        encoded = self.tokenizer.encode_batch(list(texts))
        mask = torch.tensor([encoding.attention_mask for encoding in encoded])
        words = self.bert.embeddings.word_embeddings(torch.tensor([encoding.ids for encoding in encoded]))
        embeddings: Tensor = self.pooled(words, mask)
        return embeddings

    def forward(self, texts: Sequence[str]) -> Tensor:
        return self.head(self.embed(texts))

    def adapter(self) -> bytes:
        """The adapter as a safetensors file: <name of the changed tensor>.up [O, R] and .down [R, I]."""
        tensors = {}
        for name, module in self.bert.named_modules():
            if isinstance(module, LowRank):
                tensors[f"{name}.weight.up"] = (module.scale * module.up).detach().numpy()
                tensors[f"{name}.weight.down"] = module.down.detach().numpy()
        return save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()})


def train(corpora: Sequence[Corpus], *, epochs: int, width: int = 256, most_tokens: int = 128, seed: int = 0) -> Reader:
    """A reader whose logits are free of the prior: to each corpus' rows the log of that corpus' own prior is added in
    the loss.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    labels = np.unique(np.concatenate([corpus.emotions for corpus in corpora]))
    reader = Reader(torch.tensor([index in labels for index in range(len(EMOTIONS))]), width, most_tokens)
    changed = [parameter for parameter in reader.bert.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": changed, "weight_decay": 0.0}, {"params": reader.head.parameters(), "weight_decay": DECAY}]
    )
    rows = sum(min(len(corpus.texts), corpus.drawn or len(corpus.texts)) for corpus in corpora)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [ADAPTER_RATE, LEARNING_RATE], total_steps=epochs * -(-rows // BATCH), pct_start=0.15
    )
    for epoch in range(epochs):
        reader.train()
        total = 0.0
        for batch in _batches([row for corpus in corpora for row in corpus.epoch(rng)], rng):
            texts, emotions, shifts, weights = zip(*batch, strict=True)
            logits = reader(texts) + torch.from_numpy(np.stack(shifts))
            losses = F.cross_entropy(logits, torch.tensor(emotions), reduction="none")
            optimizer.zero_grad()
            loss = (losses * torch.tensor(weights)).mean()
            loss.backward()
            nn.utils.clip_grad_norm_(changed, 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        logger.info("epoch %d of %d: loss %.3f", epoch + 1, epochs, total / rows)
    return reader.eval()


def _batches(rows: list[Any], rng: np.random.Generator) -> list[list[Any]]:
    """Rows in batches of nearly equal lengths, so that little is padding, in random order."""
    order = np.argsort([len(row[0]) * rng.uniform(0.8, 1.25) for row in rows])
    batches = [[rows[row] for row in order[start : start + BATCH]] for start in range(0, len(order), BATCH)]
    return [batches[index] for index in rng.permutation(len(batches))]


@torch.no_grad()
def logits(reader: Reader, texts: Sequence[str]) -> np.ndarray:
    """[N, 8] of N texts."""
    order = np.argsort([len(text) for text in texts])
    logits = np.zeros((len(texts), len(EMOTIONS)), np.float32)
    for start in range(0, len(order), BATCH):
        rows = order[start : start + BATCH]
        logits[rows] = reader([texts[row] for row in rows]).numpy()
    return logits


def calibrate(reader: Reader, texts: Sequence[str], truth: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Fit the head's temperature on held-out items [N] under the class frequencies [8] that they have; returns their
    probabilities [N, 8] under that prior.
    """
    outputs = logits(reader, texts)
    temperature = fit_temperature(outputs, np.eye(len(EMOTIONS))[truth], np.log(prior))
    reader.head.temperature.fill_(temperature)
    return softmax(outputs / temperature + np.log(prior))


def graph(head: SentenceHead) -> bytes:
    """The head as an ONNX graph from `sentences` [N, 384] to `logits` [N, 8]."""
    return export(head, {"sentences": F.normalize(torch.randn(2, 384), dim=1)}, ["logits"], {"sentences": {0: "N"}})
