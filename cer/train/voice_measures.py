"""How good the voice head is on corpora, actors and speakers that were kept from it, and how sure it should be."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score

from cer.fusion.calibration import calibration_error
from cer.labels import EMOTIONS
from cer.modalities.base import softmax
from cer.train.calibrate import fit_temperature
from cer.train.voices import Voices

_OTHER = EMOTIONS.index("Other")
_SPEECH = ("left_out_ravdess", "left_out_nemo", "left_out_emovo")


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Uncalibrated logits [N, 8] of rows [N] of the voices."""

    logits: np.ndarray
    rows: np.ndarray


def scored(predictions: HeldOut, voices: Voices) -> tuple[np.ndarray, np.ndarray]:
    """Logits [N, C] over the corpus' own classes, Other apart, and the emotions [N] as positions among them."""
    keep = voices.emotions[predictions.rows] != _OTHER
    classes, emotions = np.unique(voices.emotions[predictions.rows][keep], return_inverse=True)
    return predictions.logits[keep][:, classes], emotions


def fit_temperatures(
    predictions: Mapping[str, HeldOut], voices: Voices, names: tuple[str, ...] = _SPEECH
) -> tuple[float, float]:
    """Of speech, the geometric mean over the named left-out corpora; of bursts, on the speakers kept apart."""
    each = [_temperature(predictions[name], voices) for name in names]
    return float(np.exp(np.mean(np.log(each)))), _temperature(predictions["emogator_speakers"], voices)


def _temperature(predictions: HeldOut, voices: Voices) -> float:
    logits, emotions = scored(predictions, voices)
    return fit_temperature(logits, np.eye(logits.shape[1])[emotions])


def measure(
    predictions: Mapping[str, HeldOut], voices: Voices, speech_temperature: float, burst_temperature: float
) -> dict[str, object]:
    """Accuracy, recall and calibration error of each corpus left out (its temperature from the other ones), of the
    folds over RAVDESS' actors, and of the burst speakers kept apart.
    """
    metrics: dict[str, object] = {}
    for name, part in predictions.items():
        if name.startswith("left_out"):
            others = tuple(other for other in _SPEECH if other != name)
            metrics[name] = _scores(part, voices, fit_temperatures(predictions, voices, others)[0])
    metrics["ravdess_folds"] = _scores(ravdess_folds(predictions), voices, speech_temperature)
    metrics["emogator_speakers"] = _scores(predictions["emogator_speakers"], voices, burst_temperature)
    return metrics


def ravdess_folds(predictions: Mapping[str, HeldOut]) -> HeldOut:
    """The folds as one."""
    folds = [part for name, part in predictions.items() if name.startswith("ravdess_fold")]
    return HeldOut(np.concatenate([fold.logits for fold in folds]), np.concatenate([fold.rows for fold in folds]))


def _scores(predictions: HeldOut, voices: Voices, temperature: float) -> dict[str, float]:
    logits, emotions = scored(predictions, voices)
    predicted = logits.argmax(1)
    recalls = [(predicted[emotions == c] == c).mean() for c in range(logits.shape[1])]
    return {
        "items": len(emotions),
        "accuracy": round(float((predicted == emotions).mean()), 4),
        "uar": round(float(np.mean(recalls)), 4),
        "macro_f1": round(float(f1_score(emotions, predicted, average="macro")), 4),
        "ece": round(calibration_error(softmax(logits / temperature), emotions), 4),
    }


def save_predictions(
    predictions: Mapping[str, HeldOut], voices: Voices, speech_temperature: float, burst_temperature: float, work: Path
) -> None:
    """audio.npz: RAVDESS by heads that lacked the actor. audio_left_out.npz: every corpus by a head that lacked it."""
    folds = ravdess_folds(predictions)
    order = np.argsort(folds.rows)
    rows = folds.rows[order]
    actors = np.array([int(name.split("/")[1]) for name in voices.speakers[rows]])
    probabilities = softmax(folds.logits[order] / speech_temperature)
    np.savez(work / "audio.npz", probabilities=probabilities, emotions=voices.emotions[rows], actors=actors)
    parts = [part for name, part in predictions.items() if name.startswith("left_out")]
    rows = np.concatenate([part.rows for part in parts])
    np.savez(
        work / "audio_left_out.npz",
        probabilities=softmax(np.concatenate([part.logits for part in parts]) / speech_temperature),
        emotions=voices.emotions[rows],
        corpora=voices.corpora[rows],
        speakers=voices.speakers[rows],
    )
