"""Trains the voice head on statistics of speech and vocal bursts from four corpora.

python -m cer.train.audio --data DATA --out cer/weights

Everything is chosen by leaving a corpus out. What each split predicts is kept in the work folder, so a run that ends
early goes on where it was.
"""

import logging
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from sklearn.model_selection import GroupKFold
from torch import Tensor

from cer.files import sha256_of
from cer.labels import EMOTIONS
from cer.perception.voice_head import BURST_KINDS, MIN_PRIOR
from cer.perception.voice_statistics import STATISTICS_WIDTH
from cer.train.discriminant import fit_discriminant
from cer.train.familiarity import fit_familiarity
from cer.train.publish import export, publish
from cer.train.script import arguments
from cer.train.voice_measures import HeldOut, fit_temperatures, measure, save_left_out
from cer.train.voice_networks import VoiceHead
from cer.train.voices import FILES, Voices, load_statistics, load_voices

logger = logging.getLogger(__name__)

EPOCHS = 12
BATCH_SIZE = 256
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 0.3
FOLDS = 5
DISCRIMINANT_SHARES = (0.0, 0.6, 0.25)  # of the logits of familiar speech, of other speech, of bursts
KIND_WEIGHT = 0.3  # of the burst kinds in the loss
CORPUS_WEIGHTS: Mapping[str, float] = {"ravdess": 1.0, "nemo": 1.0, "emovo": 0.7, "emogator": 1.5}
_KINDS: Mapping[str, str] = {
    "Amusement": "laugh",
    "Sadness": "cry",
    "Fear": "scream",
    "Surprise (Positive)": "gasp",
    "Surprise (Negative)": "gasp",
}


def train(statistics: np.ndarray, voices: Voices, rows: np.ndarray, seed: int = 0, epochs: int = EPOCHS) -> VoiceHead:
    """A head trained on `rows` of the statistics [N, V, STATISTICS_WIDTH]."""
    torch.manual_seed(seed)
    views = statistics.shape[1]
    inputs = torch.from_numpy(np.concatenate([statistics[rows, view] for view in range(views)]))
    weights = item_weights(voices, rows)
    corpora = voices.corpora[rows]
    middles = [statistics[rows[corpora == name], 0].mean(0) for name in np.unique(corpora)]
    center = torch.from_numpy(np.mean(middles, 0).astype(np.float32))
    head = VoiceHead(center, inputs.std(0) + 1e-3, len(_speech_corpora(voices, rows))).train()
    targets, priors, kinds, bursts, weight = (
        torch.from_numpy(np.concatenate([part] * views))
        for part in (
            voices.targets[rows],
            log_priors(voices, rows),
            burst_kinds(voices, rows),
            np.abs(voices.bursts[rows] - 0.05).astype(np.float32),  # the detector is not sure either
            weights,
        )
    )
    optimizer = torch.optim.AdamW(head.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    steps = epochs * -(-len(inputs) // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    for _ in range(epochs):
        for batch in torch.randperm(len(inputs)).split(BATCH_SIZE):
            branches, _, kind = head.branches(inputs[batch], bursts[batch])
            losses = [-(targets[batch] * (logits + priors[batch]).log_softmax(1)).sum(1) for logits in branches]
            loss = (torch.stack(losses).sum(0) * weight[batch]).mean()
            if (kinds[batch] >= 0).any():
                loss = loss + KIND_WEIGHT * torch.nn.functional.cross_entropy(kind, kinds[batch], ignore_index=-1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    head.eval()
    _add_discriminant(head, statistics[rows, 0], voices, rows)
    _add_familiarity(head, statistics[rows, 0], voices, rows)
    return head


def _speech_corpora(voices: Voices, rows: np.ndarray) -> np.ndarray:
    return np.unique(voices.corpora[rows][~voices.bursts[rows]])


@torch.no_grad()
def _add_discriminant(head: VoiceHead, statistics: np.ndarray, voices: Voices, rows: np.ndarray) -> None:
    """Fit the linear discriminant to clean recordings, as wide in its logits as the networks are."""
    inputs = torch.from_numpy(statistics)
    standard = head.standard(inputs)[:, head.columns]
    about = (voices.emotions[rows], voices.corpora[rows], voices.speakers[rows])
    weights, bias = fit_discriminant(standard.numpy(), *about, len(EMOTIONS))
    branches, _, _ = head.branches(inputs, torch.from_numpy(voices.bursts[rows].astype(np.float32)))
    usual: np.ndarray = np.any(weights, axis=0)
    linear = standard.numpy() @ weights + bias
    scale = float((branches[0] + branches[1]).numpy()[:, usual].std() / 2 / linear[:, usual].std())
    head.discriminant.weight.copy_(torch.from_numpy(weights.T * scale))
    head.discriminant.bias.copy_(torch.from_numpy(np.where(usual, bias * scale, bias)))
    head.discriminant_shares.copy_(torch.tensor(DISCRIMINANT_SHARES))


@torch.no_grad()
def _add_familiarity(head: VoiceHead, statistics: np.ndarray, voices: Voices, rows: np.ndarray) -> None:
    """Fit the distance to the corpora of speech to their clean recordings."""
    speech = ~voices.bursts[rows]
    standard = head.standard(torch.from_numpy(statistics[speech]))[:, head.columns]
    fitted = fit_familiarity(standard.numpy(), voices.corpora[rows][speech])
    for part, values in zip((head.middles, head.directions, head.precision), fitted, strict=True):
        part.copy_(torch.as_tensor(values))


def item_weights(voices: Voices, rows: np.ndarray) -> np.ndarray:
    """Weights [N] under which every corpus counts as in CORPUS_WEIGHTS; mean one."""
    corpora = voices.corpora[rows]
    weights = np.zeros(len(rows), np.float32)
    for name in np.unique(corpora):
        weights[corpora == name] = CORPUS_WEIGHTS[name] / (corpora == name).sum()
    return weights / weights.mean()


def log_priors(voices: Voices, rows: np.ndarray) -> np.ndarray:
    """Log share [N, 8] of each class in the item's corpus (logit adjustment, arXiv 2007.07314)."""
    priors = np.zeros((len(rows), len(EMOTIONS)), np.float32)
    for name in np.unique(voices.corpora[rows]):
        inside = voices.corpora[rows] == name
        share = np.maximum(voices.targets[rows][inside].mean(0), MIN_PRIOR)
        priors[inside] = np.log(share / share.sum())
    return priors


def burst_kinds(voices: Voices, rows: np.ndarray) -> np.ndarray:
    """Positions [N] in BURST_KINDS; -1 for speech."""
    kinds = [BURST_KINDS.index(_KINDS.get(name, "other")) if name else -1 for name in voices.categories[rows]]
    return np.array(kinds, np.int64)


@torch.no_grad()
def predict(head: VoiceHead, statistics: np.ndarray, bursts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits [N, 8], distances [N] and logits of burst kinds [N, 5] of statistics [N, STATISTICS_WIDTH] and bursts
    [N].
    """
    inputs = torch.from_numpy(statistics)
    logits, _, kinds = head(inputs, torch.from_numpy(bursts.astype(np.float32)))
    return logits.numpy(), head.distances(inputs).numpy(), kinds.numpy()


def splits(voices: Voices) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Rows to train on and rows to predict: every corpus left out; RAVDESS in folds over actors, with the others."""
    usable = ~voices.is_validation()
    parts = {}
    for corpus in FILES:
        inside = voices.corpora == corpus
        parts[f"left_out_{corpus}"] = (np.flatnonzero(usable & ~inside), np.flatnonzero(inside))
    ravdess = np.flatnonzero(voices.corpora == "ravdess")
    actors = np.array([int(name.split("/")[1]) for name in voices.speakers[ravdess]])
    for fold, (_, test) in enumerate(GroupKFold(FOLDS).split(ravdess, groups=actors)):
        rest = usable.copy()
        rest[ravdess[test]] = False
        parts[f"ravdess_fold_{fold}"] = (np.flatnonzero(rest), ravdess[test])
    return parts


def predict_split(
    name: str, statistics: np.ndarray, voices: Voices, rows: tuple[np.ndarray, np.ndarray], work: Path
) -> HeldOut:
    """The second rows by a head trained on the first ones; kept in `work`."""
    path = work / f"voice_{name}.npz"
    fit, test = rows
    bursts = voices.bursts[test] & voices.bursts[fit].any()  # a head without bursts takes them for speech
    if not path.exists():
        logits, distances, _ = predict(train(statistics, voices, fit), statistics[test, 0], bursts)
        np.savez(path, logits=logits, distances=distances)
        logger.info("%s predicted", name)
    stored = np.load(path)
    return HeldOut(stored["logits"], test, stored["distances"], bursts)


def main() -> None:
    options = arguments(__doc__)
    started = time.monotonic()
    voices = load_voices(options.data / "speech")
    statistics = load_statistics(voices, options.work)
    predictions = {
        name: predict_split(name, statistics, voices, rows, options.work) for name, rows in splits(voices).items()
    }
    head = train(statistics, voices, np.flatnonzero(~voices.is_validation()))
    apart = np.flatnonzero(voices.is_validation())
    logits, distances, kinds = predict(head, statistics[apart, 0], voices.bursts[apart])
    predictions["emogator_speakers"] = HeldOut(logits, apart, distances, voices.bursts[apart])
    temperatures = fit_temperatures(predictions, voices)
    head.temperatures.copy_(torch.tensor(temperatures))
    metrics: dict[str, dict[str, float]] = measure(predictions, voices, temperatures)
    metrics["burst_kind_recall"] = _recalls(kinds.argmax(1), burst_kinds(voices, apart))
    save_left_out(predictions, voices, temperatures, options.work)
    publish(
        options.out,
        "audio.onnx",
        _export(head),
        name="CER voice head",
        license="CC BY-NC-SA 4.0 (RAVDESS, nEMO)",
        run={
            "data": {file: sha256_of(options.data / "speech" / file) for file in FILES.values()},
            "temperature": dict(zip(("familiar speech", "other speech", "bursts"), temperatures, strict=True)),
            "views": statistics.shape[1],
            "seconds": round(time.monotonic() - started),
            "metrics": metrics,
        },
    )


def _recalls(predicted: np.ndarray, kinds: np.ndarray) -> dict[str, float]:
    return {
        name: round(float((predicted[kinds == number] == number).mean()), 3) for number, name in enumerate(BURST_KINDS)
    }


def _export(head: VoiceHead) -> bytes:
    inputs: dict[str, Tensor] = {"statistics": torch.zeros(2, STATISTICS_WIDTH), "burst": torch.zeros(2)}
    free = {"statistics": {0: "N"}, "burst": {0: "N"}}
    return export(head, inputs, ["logits", "embedding", "kinds"], free)


if __name__ == "__main__":
    main()
