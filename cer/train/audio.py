"""Trains the audio head: attention over time on Whisper's encoder rows, from RAVDESS speech.

python -m cer.train.audio --data DATA --out cer/weights
"""

import argparse
import logging
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold

from ..labels import EMOTIONS
from ..media import SAMPLE_RATE
from ..modalities.base import softmax
from ..speech import ROWS_PER_SECOND, encode
from .calibrate import calibration_error, fit_temperature
from .data import ravdess, sha256
from .networks import AudioHead
from .publish import export, publish
from .sound import vary

logger = logging.getLogger(__name__)

EPOCHS = 40
BATCH = 48
RATE = 2e-3
DECAY = 0.1
FOLDS = 5
VIEWS = 4  # augmented views of every recording beside the clean one


def features(table: pd.DataFrame, views: int = VIEWS, seed: int = 0) -> list[list[np.ndarray]]:
    """Encoder rows float16 [R, 384] of each recording: the clean one, then `views` augmented ones.

    Augmented recordings are encoded two at a time, as utterances hold several sentences.
    """
    rng = np.random.default_rng(seed)
    found: list[list[np.ndarray]] = [[encode(samples)[1].astype(np.float16)] for samples in table["samples"]]
    actors = table["actor"].to_numpy()
    for view in range(views):
        for actor in np.unique(actors):
            order = rng.permutation(np.flatnonzero(actors == actor))
            for first in range(0, len(order), 2):
                pair = order[first : first + 2]
                pieces = [vary(table["samples"].iloc[index], rng) for index in pair]
                pause = np.zeros(int(rng.uniform(0.2, 0.8) * SAMPLE_RATE), np.float32)
                joined = np.concatenate([pieces[0], *(part for piece in pieces[1:] for part in (pause, piece))])
                rows = encode(joined)[1].astype(np.float16)
                start = 0
                for index, piece in zip(pair, pieces, strict=True):
                    at = round(start / SAMPLE_RATE * ROWS_PER_SECOND)
                    found[index].append(rows[at : at + max(1, round(len(piece) / SAMPLE_RATE * ROWS_PER_SECOND))])
                    start += len(piece) + len(pause)
        logger.info("view %d of %d encoded", view + 1, views)
    return found


def batch_of(rows: list[np.ndarray]) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows of several recordings padded to the longest: float32 [N, R, 384], and bool [N, R], True where a row is
    real.
    """
    longest = max(len(one) for one in rows)
    padded = np.zeros((len(rows), longest, rows[0].shape[1]), np.float32)
    mask = np.zeros((len(rows), longest), bool)
    for index, one in enumerate(rows):
        padded[index, : len(one)] = one
        mask[index, : len(one)] = True
    return torch.from_numpy(padded), torch.from_numpy(mask)


def cut(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random stretch of at least three fifths, as a segment's border cuts a sentence."""
    length = int(len(rows) * rng.uniform(0.6, 1.0))
    start = int(rng.integers(0, len(rows) - length + 1))
    return rows[start : start + length]


def train(recordings: list[list[np.ndarray]], emotions: np.ndarray, seed: int = 0, epochs: int = EPOCHS) -> AudioHead:
    """A head whose logits are free of the class prior (logit adjustment in the loss), from the views of each
    recording.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    counts = np.bincount(emotions, minlength=len(EMOTIONS))
    head = AudioHead(torch.from_numpy(counts > 0)).train()
    shift = torch.from_numpy(np.log(np.maximum(counts / counts.sum(), 1e-6)).astype(np.float32))
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=DECAY)
    steps = epochs * -(-len(recordings) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
    for _ in range(epochs):
        for chosen in np.array_split(rng.permutation(len(recordings)), -(-len(recordings) // BATCH)):
            views = [recordings[index][int(rng.integers(len(recordings[index])))] for index in chosen]
            rows, mask = batch_of([cut(view, rng) for view in views])
            logits, _ = head(rows, mask)
            loss = F.cross_entropy(logits + shift, torch.from_numpy(emotions[chosen]).long(), label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return head.eval()


@torch.no_grad()
def predict(head: AudioHead, recordings: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Logits [N, 8] and embeddings [N, 128]."""
    parts = [head(*batch_of(recordings[start : start + 64])) for start in range(0, len(recordings), 64)]
    logits, embeddings = (np.concatenate([part[column].numpy() for part in parts]) for column in (0, 1))
    return logits, embeddings


def cross_validate(recordings: list[list[np.ndarray]], emotions: np.ndarray, actors: np.ndarray) -> np.ndarray:
    """Logits [N, 8] of every clean recording by a head that never heard its actor."""
    found = np.zeros((len(recordings), len(EMOTIONS)), np.float32)
    for fold, (fit, test) in enumerate(GroupKFold(FOLDS).split(emotions, groups=actors)):
        head = train([recordings[index] for index in fit], emotions[fit], seed=fold)
        found[test] = predict(head, [recordings[index][0] for index in test])[0]
        logger.info(
            "fold %d: macro-F1 %.3f", fold + 1, f1_score(emotions[test], found[test].argmax(1), average="macro")
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--work", type=Path, default=Path("runs"), help="where held-out predictions are kept for the fusion"
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    started = time.monotonic()
    file = arguments.data / "speech/ravdess-actors01-20.parquet"
    table = ravdess(file)
    recordings, emotions, actors = features(table), table["emotion"].to_numpy(), table["actor"].to_numpy()
    held = cross_validate(recordings, emotions, actors)
    temperature = fit_temperature(held[:, emotions_heard(emotions)], one_hot(emotions)[:, emotions_heard(emotions)])
    arguments.work.mkdir(parents=True, exist_ok=True)
    np.savez(arguments.work / "audio.npz", probabilities=softmax(held / temperature), emotions=emotions)
    head = train(recordings, emotions)
    head.temperature.fill_(temperature)
    rows = torch.from_numpy(recordings[0][0][None].astype(np.float32))
    content = export(head, {"rows": rows}, ["logits", "embedding"], {"rows": {1: "R"}})
    publish(
        arguments.out,
        "audio.onnx",
        content,
        name="CER voice head",
        licence="CC BY-NC-SA 4.0 (RAVDESS)",
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


def emotions_heard(emotions: np.ndarray) -> np.ndarray:
    """The classes that occur."""
    return np.unique(emotions)


def one_hot(emotions: np.ndarray) -> np.ndarray:
    return np.eye(len(EMOTIONS), dtype=np.float32)[emotions]


if __name__ == "__main__":
    main()
