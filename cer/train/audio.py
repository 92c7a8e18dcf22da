"""Trains the audio head on statistics of what the voice encoder hears, from RAVDESS speech.

python -m cer.train.audio --data DATA --out cer/weights
"""

import logging
import time

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold
from torch import nn

from cer.fusion.calibration import calibration_error
from cer.labels import EMOTIONS
from cer.media.clip import SAMPLE_RATE
from cer.modalities.base import softmax
from cer.perception.voice_encoder import ROWS_PER_SECOND, listen
from cer.train.calibrate import fit_temperature
from cer.train.data import ravdess, sha256
from cer.train.networks import AudioHead, statistics
from cer.train.publish import export, publish
from cer.train.script import arguments
from cer.train.sound import vary

logger = logging.getLogger(__name__)

EPOCHS = 15
BATCH = 128
RATE = 1e-3
DECAY = 0.3
FOLDS = 5
VIEWS = 5  # augmented views of every recording beside the clean one


def heard(table: pd.DataFrame, views: int = VIEWS, seed: int = 0) -> np.ndarray:
    """Statistics float32 [N, 1 + views, 3456] of each recording: of the clean one, then of augmented ones.

    Augmented recordings are listened to two at a time, as utterances hold several sentences.
    """
    rng = np.random.default_rng(seed)
    found = np.stack([_statistics(listen(samples)) for samples in table["samples"]])[:, None].repeat(1 + views, 1)
    actors = table["actor"].to_numpy()
    for view in range(views):
        for actor in np.unique(actors):
            order = rng.permutation(np.flatnonzero(actors == actor))
            for first in range(0, len(order), 2):
                pair = order[first : first + 2]
                pieces = [vary(table["samples"].iloc[index], rng) for index in pair]
                pause = np.zeros(int(rng.uniform(0.2, 0.8) * SAMPLE_RATE), np.float32)
                joined = np.concatenate([pieces[0], *(part for piece in pieces[1:] for part in (pause, piece))])
                rows = listen(joined)
                start = 0
                for index, piece in zip(pair, pieces, strict=True):
                    at = round(start / SAMPLE_RATE * ROWS_PER_SECOND)
                    length = max(1, round(len(piece) / SAMPLE_RATE * ROWS_PER_SECOND))
                    found[index, 1 + view] = _statistics(rows[at : at + length])
                    start += len(piece) + len(pause)
        logger.info("view %d of %d heard", view + 1, views)
    return found


def _statistics(rows: np.ndarray) -> np.ndarray:
    return np.asarray(statistics(torch.from_numpy(rows)[None])[0].numpy())


def train(views: np.ndarray, emotions: np.ndarray, seed: int = 0, epochs: int = EPOCHS) -> AudioHead:
    """A head whose logits are free of the class prior (logit adjustment). views: [N, V, 3456]; emotions: [N].

    No label smoothing: the share it gives to the class that never occurs, which is out of reach, cost 0.1 of macro-F1.
    """
    torch.manual_seed(seed)
    counts = np.bincount(emotions, minlength=len(EMOTIONS))
    head = AudioHead(torch.from_numpy(counts > 0), views.shape[2]).train()
    shift = torch.from_numpy(np.log(np.maximum(counts / counts.sum(), 1e-6)).astype(np.float32))
    inputs = torch.from_numpy(views.reshape(-1, views.shape[2]))
    targets = torch.from_numpy(np.repeat(emotions, views.shape[1])).long()
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=DECAY)
    steps = epochs * -(-len(inputs) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(epochs):
        for rows in torch.randperm(len(inputs)).split(BATCH):
            loss = F.cross_entropy(head(inputs[rows])[0] + shift, targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return head.eval()


@torch.no_grad()
def predict(head: AudioHead, views: np.ndarray) -> np.ndarray:
    """Logits [N, 8] of statistics [N, 3456]."""
    return np.asarray(head(torch.from_numpy(views))[0].numpy())


def cross_validate(views: np.ndarray, emotions: np.ndarray, actors: np.ndarray) -> np.ndarray:
    """Logits [N, 8] of every clean recording by a head that never heard its actor."""
    found = np.zeros((len(views), len(EMOTIONS)), np.float32)
    for fold, (fit, test) in enumerate(GroupKFold(FOLDS).split(emotions, groups=actors)):
        head = train(views[fit], emotions[fit], seed=fold)
        found[test] = predict(head, views[test, 0])
        logger.info(
            "fold %d: macro-F1 %.3f", fold + 1, f1_score(emotions[test], found[test].argmax(1), average="macro")
        )
    return found


class Shipped(nn.Module):
    """The head as it is exported: from the voice encoder's rows to calibrated logits and embedding."""

    def __init__(self, head: AudioHead) -> None:
        super().__init__()
        self.head = head

    def forward(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logits, embedding = self.head(statistics(rows))
        return logits, embedding


def main() -> None:
    asked = arguments(__doc__)
    started = time.monotonic()
    file = asked.data / "speech/ravdess-actors01-20.parquet"
    table = ravdess(file)
    views, emotions, actors = heard(table), table["emotion"].to_numpy(), table["actor"].to_numpy()
    held = cross_validate(views, emotions, actors)
    heard_of = np.unique(emotions)  # a class never trained is out of reach, and would spoil the fit
    temperature = fit_temperature(held[:, heard_of], np.eye(len(EMOTIONS))[emotions][:, heard_of])
    np.savez(asked.work / "audio.npz", probabilities=softmax(held / temperature), emotions=emotions, actors=actors)
    head = train(views, emotions)
    head.temperature.fill_(temperature)
    rows = torch.from_numpy(listen(table["samples"].iloc[0]))[None]
    content = export(Shipped(head), {"rows": rows}, ["logits", "embedding"], {"rows": {1: "R"}})
    publish(
        asked.out,
        "audio.onnx",
        content,
        name="CER voice head",
        license="CC BY-NC-SA 4.0 (RAVDESS)",
        run={
            "data": {file.name: sha256(file)},
            "temperature": temperature,
            "seconds": round(time.monotonic() - started),
            "metrics": {
                "ravdess_5fold_macro_f1": float(f1_score(emotions, held.argmax(1), average="macro")),
                "ravdess_5fold_ece": calibration_error(softmax(held / temperature), emotions),
            },
        },
    )


if __name__ == "__main__":
    main()
