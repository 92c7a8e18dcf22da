"""Two encoders of time over the features of the six modalities (arXiv 2303.09164), as the harness runs them; torch.

`cer.train.supervised.temporal` trains them in folds. Each fold is stored with the hashes of the clips that it was
trained on, so that no clip is predicted by encoders that were trained on it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from cer.corpora.base import VIDEO, Corpus
from cer.errors import DataError
from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.results.analysis import Analysis

WIDTHS = {"static_face": 256, "dynamic_face": 64, "scene_label": 384, "scene_context": 384, "audio": 128, "text": 384}
"""Of each modality's embedding in the embedded profile."""
FEATURES = sum(WIDTHS.values()) + len(MODALITIES) * 9  # eight probabilities and a flag each
WIDTH = 64
FILE = "temporal.safetensors"
ENCODERS = ("transformer", "recurrent")


def labels_of(corpus: Corpus) -> tuple[str, ...]:
    """What the encoders tell apart on a corpus. Raises DataError unless it has clips with one label each."""
    if corpus.kind != VIDEO or corpus.per_frame or corpus.multi_label:
        raise DataError(f"{corpus.name}: must be a corpus of clips with one label each.")
    return COMPOUNDS if corpus.compound else EMOTIONS


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


@dataclass(frozen=True, slots=True)
class Fold:
    """Both encoders, in the order of ENCODERS, and the hashes of the clips that they were trained on."""

    encoders: Sequence[Encoder]
    trained_on: frozenset[str]


@torch.no_grad()
def predict(folds: Sequence[Fold], features: NDArray[np.float32], sha256: str) -> NDArray[np.float32]:
    """Probabilities [2, S, K] of a clip's segments, by both encoders: the mean over the folds that have not seen it.

    Raises:
        DataError: Every fold has seen the clip.
    """
    others = [fold for fold in folds if sha256 not in fold.trained_on]
    if not others:
        raise DataError(f"a clip (SHA-256 {sha256[:12]}...) that every temporal encoder was trained on.")
    values, mask = torch.from_numpy(features)[None], torch.ones(1, len(features))
    each = [[encoder(values, mask)[0].softmax(1).numpy() for encoder in fold.encoders] for fold in others]
    return np.mean(each, 0, dtype=np.float32)


def load_folds(folder: Path, labels: Sequence[str]) -> list[Fold]:
    """The encoders of a folder that `save_folds` wrote. Raises DataError when it holds none, or others' labels."""
    path = folder / FILE
    if not path.is_file():
        raise DataError(f"{folder}: holds no {FILE}; python -m cer.train.supervised.temporal writes one.")
    with safe_open(path, "pt") as file:
        notes = file.metadata()
        stored = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
    if json.loads(notes["labels"]) != list(labels):
        raise DataError(f"{path}: predicts {', '.join(json.loads(notes['labels']))}, not {', '.join(labels)}.")
    folds = []
    for number, hashes in enumerate(json.loads(notes["trained_on"])):
        encoders = []
        for name in ENCODERS:
            start = f"{number}.{name}."
            encoder = Encoder(len(labels), recurrent=name == "recurrent").eval()
            encoder.load_state_dict(
                {key[len(start) :]: value for key, value in stored.items() if key.startswith(start)}
            )
            encoders.append(encoder)
        folds.append(Fold(encoders, frozenset(hashes)))
    return folds
