"""How good the voice head is on corpora, actors and speakers that were kept from it, and how sure it should be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import f1_score

from cer.fusion.calibration import calibration_error
from cer.labels import EMOTIONS
from cer.modalities.base import softmax
from cer.train.calibrate import fit_temperature
from cer.train.voice_networks import temperature
from cer.train.voices import Voices

_OTHER = EMOTIONS.index("Other")
_SPEECH = ("left_out_ravdess", "left_out_nemo", "left_out_emovo")


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Uncalibrated logits [N, 8] of rows [N] of the voices, how far each was from the head's training [N], and whether
    the head took it for a burst [N].
    """

    logits: np.ndarray
    rows: np.ndarray
    distances: np.ndarray
    bursts: np.ndarray


Temperatures = tuple[float, float, float]  # of familiar speech, of other speech, of bursts


def scored(logits: np.ndarray, predictions: HeldOut, voices: Voices) -> tuple[np.ndarray, np.ndarray]:
    """Logits [N, C] over the corpus' own classes, Other apart, and the emotions [N] as positions among them."""
    keep = voices.emotions[predictions.rows] != _OTHER
    classes, emotions = np.unique(voices.emotions[predictions.rows][keep], return_inverse=True)
    return logits[keep][:, classes], emotions


def fit_temperatures(
    predictions: Mapping[str, HeldOut], voices: Voices, names: tuple[str, ...] = _SPEECH
) -> Temperatures:
    """Of familiar speech on the folds over RAVDESS' actors; of other speech the geometric mean over the named left-out
    corpora; of bursts on the speakers kept apart.
    """
    other = [_temperature(predictions[name], voices) for name in names]
    return (
        _temperature(ravdess_folds(predictions), voices),
        float(np.exp(np.mean(np.log(other)))),
        _temperature(predictions["emogator_speakers"], voices),
    )


def _temperature(predictions: HeldOut, voices: Voices) -> float:
    logits, emotions = scored(predictions.logits, predictions, voices)
    return fit_temperature(logits, np.eye(logits.shape[1])[emotions])


def calibrated(predictions: HeldOut, temperatures: Temperatures) -> np.ndarray:
    """Logits [N, 8], divided as the head divides them."""
    by = temperature(
        torch.tensor(temperatures),
        torch.from_numpy(predictions.distances),
        torch.from_numpy(predictions.bursts.astype(np.float32)),
    )
    return np.asarray(predictions.logits / by.numpy()[:, None])


def measure(
    predictions: Mapping[str, HeldOut], voices: Voices, temperatures: Temperatures
) -> dict[str, dict[str, float]]:
    """Accuracy, recall and calibration error of each corpus left out (its temperature from the other ones), of the
    folds over RAVDESS' actors, and of the burst speakers kept apart.
    """
    metrics = {}
    for name, part in predictions.items():
        if name.startswith("left_out"):
            others = tuple(other for other in _SPEECH if other != name)
            metrics[name] = _scores(part, voices, fit_temperatures(predictions, voices, others))
    metrics["ravdess_folds"] = _scores(ravdess_folds(predictions), voices, temperatures)
    metrics["emogator_speakers"] = _scores(predictions["emogator_speakers"], voices, temperatures)
    return metrics


def ravdess_folds(predictions: Mapping[str, HeldOut]) -> HeldOut:
    """The folds as one."""
    return _together([part for name, part in predictions.items() if name.startswith("ravdess_fold")])


def _together(parts: Sequence[HeldOut]) -> HeldOut:
    return HeldOut(
        np.concatenate([part.logits for part in parts]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.distances for part in parts]),
        np.concatenate([part.bursts for part in parts]),
    )


def _scores(predictions: HeldOut, voices: Voices, temperatures: Temperatures) -> dict[str, float]:
    logits, emotions = scored(calibrated(predictions, temperatures), predictions, voices)
    predicted = logits.argmax(1)
    recalls = [(predicted[emotions == c] == c).mean() for c in range(logits.shape[1])]
    return {
        "items": len(emotions),
        "median_distance": round(float(np.median(predictions.distances)), 2),
        "accuracy": round(float((predicted == emotions).mean()), 4),
        "uar": round(float(np.mean(recalls)), 4),
        "macro_f1": round(float(f1_score(emotions, predicted, average="macro")), 4),
        "ece": round(calibration_error(softmax(logits), emotions), 4),
    }


def save_left_out(predictions: Mapping[str, HeldOut], voices: Voices, temperatures: Temperatures, work: Path) -> None:
    """audio_left_out.npz: every corpus by a head that lacked it."""
    left_out = _together([part for name, part in predictions.items() if name.startswith("left_out")])
    np.savez(
        work / "audio_left_out.npz",
        probabilities=softmax(calibrated(left_out, temperatures)),
        emotions=voices.emotions[left_out.rows],
        corpora=voices.corpora[left_out.rows],
        speakers=voices.speakers[left_out.rows],
    )
