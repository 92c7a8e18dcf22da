"""Trains the head for the words of other languages than English, on multilingual-e5-small's embeddings.

python -m cer.train.text_multilingual --data DATA --out cer/weights --work RUNS

Embeddings are kept in RUNS/multilingual, so a run that was stopped goes on where it was.
"""

import logging
import time
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from cer.files import sha256_of
from cer.fusion.calibration import calibration_error
from cer.labels import EMOTIONS
from cer.modalities.base import softmax
from cer.modalities.text import MULTILINGUAL
from cer.models.checkpoints import E5
from cer.perception.multilingual_encoder import WIDTH
from cer.train.calibrate import fit_temperature
from cer.train.multilingual import Texts, comments, embedded, language_of, semeval, spoken, subtitles
from cer.train.networks import MultilingualHead
from cer.train.publish import export, publish
from cer.train.script import arguments

logger = logging.getLogger(__name__)

EPOCHS = 8
BATCH = 256
LEARNING_RATE, DECAY = 1e-3, 0.05
SUPPORT = 0.5  # how much a line of film or of a comment counts beside a SemEval text
MIN_TEXTS = 100  # of a language, for it to count as trained on


def log_priors(texts: Texts) -> NDArray[np.float32]:
    """Log-odds [N, 7] of each label where each text is from; 0 where it is not annotated there."""
    result = np.zeros(texts.labels.shape, np.float32)
    for origin in np.unique(texts.origins):
        rows = texts.origins == origin
        annotated = ~np.isnan(texts.labels[rows]).all(0)
        counts = np.nansum(texts.labels[rows], 0)
        frequency = (counts + 1) / (rows.sum() + 2)
        result[rows] = np.where(annotated, np.log(frequency / (1 - frequency)), 0)
    return result


def train(sentences: Tensor, texts: Texts, *, epochs: int = EPOCHS, seed: int = 0) -> MultilingualHead:
    """A head trained with a sigmoid a label. To each text's log-odds the prior of its origin is added in the loss, so
    the head itself is free of it; labels that a language's annotators did not have cost nothing.
    """
    torch.manual_seed(seed)
    labels = torch.from_numpy(texts.labels)
    annotated = ~labels.isnan()
    shifts = torch.from_numpy(log_priors(texts))
    weights = torch.tensor([1.0 if origin.startswith("semeval") else SUPPORT for origin in texts.origins])
    frequencies = (np.nansum(texts.labels, 0) + 1) / ((~np.isnan(texts.labels)).sum(0) + 2)
    head = MultilingualHead(torch.from_numpy(frequencies.astype(np.float32)), sentences.shape[1])
    optimizer = torch.optim.AdamW(head.parameters(), weight_decay=DECAY)
    steps = -(-len(labels) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=epochs * steps, pct_start=0.2)
    for epoch in range(epochs):
        head.train()
        total = 0.0
        for rows in torch.randperm(len(labels)).split(BATCH):
            losses = F.binary_cross_entropy_with_logits(
                head.log_odds(sentences[rows]) + shifts[rows], labels[rows].nan_to_num(), reduction="none"
            )
            loss = ((losses * annotated[rows]).sum(1) * weights[rows]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(rows)
        logger.info("epoch %d of %d: loss %.3f", epoch + 1, epochs, total / len(labels))
    return head.eval()


def calibrate(head: MultilingualHead, sentences: Tensor, texts: Texts) -> dict[str, float]:
    """Fit the temperature on texts with at most one emotion, each language under its own frequencies."""
    single = np.flatnonzero(np.nansum(texts.labels, 1) == 1)
    with torch.no_grad():
        logits = head(sentences[torch.from_numpy(single)])[0].numpy()[:, : texts.labels.shape[1]]
    truth = np.nan_to_num(texts.labels[single]).argmax(1)
    shift = np.zeros_like(logits)
    for origin in np.unique(texts.origins[single]):
        rows = texts.origins[single] == origin
        counts = np.bincount(truth[rows], minlength=logits.shape[1]) + 0.5
        shift[rows] = np.log(counts / counts.sum())
    temperature = fit_temperature(logits, np.eye(logits.shape[1])[truth], shift)
    head.temperature.fill_(temperature)
    return {"held_out_ece": calibration_error(softmax(logits / temperature + shift), truth), "held_out": len(single)}


def joined(parts: Sequence[Texts]) -> Texts:
    """Several corpora as one."""
    return Texts(
        [text for part in parts for text in part.texts],
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.origins for part in parts]),
    )


def main() -> None:
    options = arguments(__doc__)
    started = time.monotonic()
    names = ("semeval2025-train.csv.gz", "xed-subtitles.csv.gz", "meld-train.csv", "goemotions-ekman-train.csv")
    files = {name: options.data / f"text/{name}" for name in names}
    parts = [
        read(path)
        for read, path in zip(
            (lambda path: semeval(path, held_out=False), subtitles, spoken, comments), files.values(), strict=True
        )
    ]
    unseen = semeval(files[names[0]], held_out=True)
    work = options.work / "multilingual"
    sentences = torch.from_numpy(np.concatenate([embedded(part.texts, work) for part in parts]))
    texts = joined(parts)
    head = train(sentences, texts)
    metrics = calibrate(head, torch.from_numpy(embedded(unseen.texts, work)), unseen)
    counts: dict[str, int] = {}
    for origin in texts.origins:
        counts[language_of(origin)] = counts.get(language_of(origin), 0) + 1
    content = export(head, {"sentences": torch.randn(2, WIDTH)}, ["logits", "presence"], {"sentences": {0: "N"}})
    publish(
        options.out,
        MULTILINGUAL,
        content,
        name="CER words head, other languages",
        license="research use (XED CC BY 4.0, SemEval-2025 CC BY 4.0, MELD, GoEmotions terms)",
        run={
            "data": {name: sha256_of(path) for name, path in files.items()},
            "encoder": {"name": E5.name, "sha256": E5.sha256},
            "languages": sorted(language for language, count in counts.items() if count >= MIN_TEXTS),
            "texts": dict(sorted(counts.items())),
            "temperature": float(head.temperature),
            "prior": dict(zip(EMOTIONS, head.prior.sigmoid().tolist(), strict=False)),
            "metrics": metrics,
            "seconds": round(time.monotonic() - started),
        },
    )


if __name__ == "__main__":
    main()
