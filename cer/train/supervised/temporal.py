"""A temporal ensemble as in arXiv 2303.09164: two encoders of time over the features of several backbones, fused late.

The backbones are the six modalities: their embeddings and probabilities of each segment side by side, with a flag for
each that is absent. The encoders are a transformer and a recurrent network; late fusion is the mean of their
probabilities, and a clip's answer the mean over its segments. The paper works on frames and tries several combinations
of features; we work on the segments that the pipeline has, and on all of them.

Clips of one corpus are split into folds that share no person where the corpus names them:

    python -m cer.train.supervised.temporal --corpus clips --root DIR --out DIR [--split S]
"""

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from cer.corpora import corpus as find
from cer.corpora.base import VIDEO, Corpus
from cer.errors import CerError, DataError
from cer.files import write_whole
from cer.labels import MODALITIES
from cer.pipeline import analyze
from cer.results.analysis import Analysis
from cer.train.supervised.curriculum import fit
from eval.scores import confusion, macro_f1, uar

logger = logging.getLogger(__name__)

WIDTHS = {"static_face": 256, "dynamic_face": 64, "scene_label": 384, "scene_context": 384, "audio": 128, "text": 384}
"""Of each modality's embedding in the embedded profile."""
FEATURES = sum(WIDTHS.values()) + len(MODALITIES) * 9  # eight probabilities and a flag each
WIDTH = 64
STEPS, RATE = 150, 5e-4
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Watched:
    """A clip of S segments. features: float32 [S, FEATURES]; label: position in the corpus' classes; group: who must
    stay in one fold."""

    features: NDArray[np.float32]
    label: int
    group: str


def features_of(analysis: Analysis) -> NDArray[np.float32]:
    """Embeddings, probabilities and presence of every modality, float32 [S, FEATURES], zero where absent."""
    columns = []
    for name in MODALITIES:
        prediction = analysis.predictions[name]
        embedding = prediction.embedding
        if embedding is None or embedding.shape[1] != WIDTHS[name]:
            embedding = np.zeros((len(prediction), WIDTHS[name]), np.float32)
        columns += [embedding, prediction.probabilities, prediction.present[:, None]]
    return np.nan_to_num(np.concatenate(columns, 1)).astype(np.float32)


class Encoder(nn.Module):
    """Class logits [N, T, K] of sequences [N, T, FEATURES] with a mask [N, T], by a transformer or a GRU."""

    def __init__(self, classes: int, *, recurrent: bool) -> None:
        super().__init__()
        self.enter = nn.Sequential(nn.LayerNorm(FEATURES), nn.Dropout(0.5), nn.Linear(FEATURES, WIDTH))
        self.recurrent = nn.GRU(WIDTH, WIDTH // 2, batch_first=True, bidirectional=True) if recurrent else None
        layer = nn.TransformerEncoderLayer(WIDTH, 4, 2 * WIDTH, 0.3, batch_first=True, norm_first=True)
        self.attending = None if recurrent else nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.leave = nn.Sequential(nn.Dropout(0.3), nn.Linear(WIDTH, classes))

    def forward(self, sequences: Tensor, mask: Tensor) -> Tensor:
        hidden = self.enter(sequences)
        if self.recurrent is not None:
            packed = pack_padded_sequence(hidden, mask.sum(1).long(), batch_first=True, enforce_sorted=False)
            turned, _ = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True, total_length=mask.shape[1])
            hidden = hidden + turned
        elif self.attending is not None:
            places = torch.arange(sequences.shape[1])[:, None] / 10 ** (torch.arange(WIDTH) / WIDTH * 2)
            hidden = self.attending(hidden + torch.sin(places), src_key_padding_mask=mask == 0)
        logits: Tensor = self.leave(hidden)
        return logits


def padded(sequences: Sequence[Watched]) -> tuple[Tensor, Tensor, Tensor]:
    """Sequences [N, T, FEATURES] filled up with zeros, masks [N, T] and labels [N]."""
    longest = max(len(each.features) for each in sequences)
    values, mask = torch.zeros(len(sequences), longest, FEATURES), torch.zeros(len(sequences), longest)
    for row, each in enumerate(sequences):
        values[row, : len(each.features)] = torch.from_numpy(each.features)
        mask[row, : len(each.features)] = 1
    return values, mask, torch.tensor([each.label for each in sequences])


def train(sequences: Sequence[Watched], classes: int, seed: int = 0) -> list[Encoder]:
    """Both encoders, fitted to whole clips."""
    values, mask, labels = padded(sequences)
    frequency = torch.bincount(labels, minlength=classes).clamp(min=1)
    encoders = []
    for recurrent in (False, True):
        torch.manual_seed(seed)
        encoder = Encoder(classes, recurrent=recurrent)

        def loss(progress: float, encoder: Encoder = encoder) -> Tensor:
            rows = torch.randint(len(labels), (min(32, len(labels)),))
            logits = encoder(values[rows], mask[rows])
            mean = (logits * mask[rows][..., None]).sum(1) / mask[rows].sum(1, keepdim=True)
            return F.cross_entropy(mean, labels[rows], weight=1 / frequency.float(), label_smoothing=0.1)

        fit(encoder, loss, STEPS, RATE)
        encoders.append(encoder)
    return encoders


@torch.no_grad()
def predict(encoders: Sequence[Encoder], sequences: Sequence[Watched]) -> NDArray[np.float32]:
    """Probabilities of each encoder, float32 [E, N, K]; their mean is the ensemble's."""
    values, mask, _ = padded(sequences)
    parts = [(encoder(values, mask).softmax(2) * mask[..., None]).sum(1) for encoder in encoders]
    return np.stack([(part / mask.sum(1, keepdim=True)).numpy() for part in parts])


def folds(sequences: Sequence[Watched], classes: int, count: int = FOLDS) -> NDArray[np.float32]:
    """Probabilities [E, N, K] of each clip by encoders that saw no clip of its group."""
    groups = [each.group for each in sequences]
    result = np.zeros((2, len(sequences), classes), np.float32)
    for number, (rest, left) in enumerate(GroupKFold(min(count, len(set(groups)))).split(groups, groups=groups)):
        encoders = train([sequences[row] for row in rest], classes, number)
        result[:, left] = predict(encoders, [sequences[row] for row in left])
    return result


def read(corpus: Corpus, root: Path, split: str | None) -> list[Watched]:
    """Every labeled clip of a corpus with one label a clip; those that cannot be read are logged."""
    if corpus.kind != VIDEO or corpus.per_frame or corpus.multi_label:
        raise DataError(f"{corpus.name}: must be a corpus of clips with one label each.")
    sequences = []
    for item in corpus.rows(root, split or corpus.split):
        if item["label"] is None:
            continue
        try:
            analysis = analyze(item["video"])
        except CerError as error:
            logger.warning("%s: left out: %s", item["id"], error)
            continue
        group = str(item.get("subject") or item["id"])
        sequences.append(Watched(features_of(analysis), corpus.classes.index(item["label"]), group))
    return sequences


def report(sequences: Sequence[Watched], corpus: Corpus) -> dict[str, Any]:
    """Macro-F1, UAR and hits of both encoders and of their ensemble over the folds."""
    classes = len(corpus.classes)
    each = folds(sequences, classes)
    truth = np.array([sequence.label for sequence in sequences])
    views = {"transformer": each[0], "recurrent": each[1], "ensemble": each.mean(0)}
    scores: dict[str, Any] = {"corpus": corpus.name, "clips": len(sequences)}
    for name, values in views.items():
        counts = confusion(truth, values.argmax(1), classes)
        scores[name] = {
            "macro_f1": float(macro_f1(counts)),
            "uar": float(uar(counts)),
            "right": int(np.trace(counts)),
        }
    return scores


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--split")
    parser.add_argument("--out", type=Path, required=True, help="folder for temporal.json and both encoders")
    options = parser.parse_args()
    corpus = find(options.corpus)
    sequences = read(corpus, options.root, options.split)
    options.out.mkdir(parents=True, exist_ok=True)
    scores = report(sequences, corpus)
    write_whole((json.dumps(scores, indent=1) + "\n").encode(), options.out / "temporal.json")
    for name, encoder in zip(("transformer", "recurrent"), train(sequences, len(corpus.classes)), strict=True):
        torch.save(encoder.state_dict(), options.out / f"temporal-{name}.pt")
    logger.info("%s", json.dumps(scores, indent=1))


if __name__ == "__main__":
    main()
