"""A temporal ensemble as in arXiv 2303.09164: two encoders of time over the features of several backbones, fused late.

The backbones are the six modalities: their embeddings and probabilities of each segment side by side, with a flag for
each that is absent. The encoders are a transformer and a recurrent network; late fusion is the mean of their
probabilities, and a clip's answer the mean over its segments. The paper works on frames and tries several combinations
of features; we work on the segments that the pipeline has, and on all of them.

Clips of one corpus are split into folds that share no person where the corpus names them, and the encoders of every
fold are stored with the hashes of its training clips, so that no clip is predicted by encoders that were trained on it:

    python -m cer.train.supervised.temporal --corpus clips --root DIR --out DIR [--split S]
    python -m eval ladder --corpus clips --root DIR --temporal DIR --out DIR    # that corpus or another
"""

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import save
from sklearn.model_selection import GroupKFold
from torch import Tensor

from cer.corpora import corpus as find
from cer.corpora.base import Corpus
from cer.errors import CerError, DataError
from cer.files import write_whole
from cer.pipeline import analyze
from cer.train.supervised.curriculum import fit
from eval.temporal import ENCODERS, FEATURES, FILE, Encoder, Fold, features_of, labels_of

logger = logging.getLogger(__name__)

STEPS, RATE = 150, 5e-4
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Watched:
    """A clip of S segments. features: float32 [S, FEATURES]; label: position in EMOTIONS, or in COMPOUNDS for a corpus
    of compound labels; group: who must stay in one fold; sha256: of the file."""

    features: NDArray[np.float32]
    label: int
    group: str
    sha256: str


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


def train_folds(sequences: Sequence[Watched], classes: int, count: int = FOLDS) -> list[Fold]:
    """Encoders that each leave out the clips of some groups, so that every clip is left out once."""
    groups = [each.group for each in sequences]
    if len(set(groups)) < 2:
        raise DataError(f"{len(sequences)} labeled clips of {len(set(groups))} groups: at least two are needed.")
    trained = []
    for number, (rows, _) in enumerate(GroupKFold(min(count, len(set(groups)))).split(groups, groups=groups)):
        chosen = [sequences[row] for row in rows]
        trained.append(Fold(train(chosen, classes, number), frozenset(each.sha256 for each in chosen)))
    return trained


def save_folds(folds: Sequence[Fold], labels: Sequence[str], out: Path) -> Path:
    """Write FILE into a folder: the encoders' weights, the labels, and what each fold was trained on."""
    stored = {
        f"{number}.{name}.{key}": value.contiguous()
        for number, fold in enumerate(folds)
        for name, encoder in zip(ENCODERS, fold.encoders, strict=True)
        for key, value in encoder.state_dict().items()
    }
    notes = {"labels": json.dumps(list(labels)), "trained_on": json.dumps([sorted(fold.trained_on) for fold in folds])}
    out.mkdir(parents=True, exist_ok=True)
    write_whole(save(stored, notes), out / FILE)
    return out / FILE


def read(corpus: Corpus, root: Path, split: str | None) -> list[Watched]:
    """Every labeled clip of a corpus; those that cannot be read are logged."""
    labels, sequences = labels_of(corpus), []
    for item in corpus.rows(root, split or corpus.split):
        if item["label"] is None:
            continue
        try:
            analysis = analyze(item["video"])
        except CerError as error:
            logger.warning("%s: left out: %s", item["id"], error)
            continue
        group = str(item.get("subject") or item["id"])
        label = labels.index(item["label"])
        assert analysis.clip.sha256 is not None  # since it was observed
        sequences.append(Watched(features_of(analysis), label, group, analysis.clip.sha256))
    return sequences


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--split")
    parser.add_argument("--out", type=Path, required=True, help=f"folder for {FILE}")
    options = parser.parse_args()
    corpus = find(options.corpus)
    labels = labels_of(corpus)
    folds = train_folds(read(corpus, options.root, options.split), len(labels))
    logger.info("%s: %d folds", save_folds(folds, labels, options.out), len(folds))


if __name__ == "__main__":
    main()
