"""Labels of one's own from a few labeled clips: PFSA with class means that a user's examples give.

Each modality's embedding of a segment is compared with the mean embedding of every label's examples; the modalities'
similarities are averaged by their weights in MHPF, as PFSA's are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cer.errors import DataError
from cer.files import sha256_of, write_whole
from cer.fusion.compound import Prototypes, cosines, pfsa, similarities
from cer.labels import MODALITIES
from cer.modalities.base import softmax

TEMPERATURES = (0.05, 0.1, 0.2, 0.4, 0.8)  # of the cosines; chosen by leaving one example out in turn
DEFAULT_TEMPERATURE = 0.2  # where a label has a single example
MIN_LABELS = 2
_HOW = "Make such a file with `cer adapt --examples FOLDER --out FILE`."


@dataclass(frozen=True, slots=True)
class OwnLabels:
    """labels: L names. prototypes: by modality, with means [L, D]; one that some label's examples lack is left out.
    models: SHA-256 of the weights behind each modality's embeddings: prototypes of other weights say nothing.
    sha256: of the file that they were read from; "" before.
    """

    labels: tuple[str, ...]
    prototypes: Mapping[str, Prototypes]
    models: Mapping[str, str]
    temperature: float = DEFAULT_TEMPERATURE
    sha256: str = ""

    def judge(self, embeddings: Mapping[str, np.ndarray | None], weights: np.ndarray) -> np.ndarray:
        """Probabilities of the labels, float32 [S, L], NaN rows where no modality can tell.

        Args:
            embeddings: by modality [S, D], NaN rows where absent.
            weights: [S, M], each modality's weight in MHPF.
        """
        each = similarities(embeddings, self.prototypes, MODALITIES, len(weights), cosines, len(self.labels))
        return softmax(pfsa(each, weights) / self.temperature)

    def save(self, path: Path) -> None:
        """Write a safetensors file. Raises OSError."""
        from safetensors.numpy import save

        tensors: dict[str, np.ndarray] = {}
        for name, prototypes in self.prototypes.items():
            tensors |= {f"{name}.center": prototypes.center, f"{name}.means": prototypes.means}
        note = {"labels": list(self.labels), "models": dict(self.models), "temperature": self.temperature}
        write_whole(
            save({key: value.astype(np.float32) for key, value in tensors.items()}, {"cer": json.dumps(note)}), path
        )


def read_own_labels(path: Path) -> OwnLabels:
    """Read what `OwnLabels.save` wrote. Raises DataError for another file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "numpy") as file:
            note = json.loads((file.metadata() or {})["cer"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # not a mapping
        labels = tuple(str(label) for label in note["labels"])
        names = [name for name in MODALITIES if f"{name}.means" in tensors]
        prototypes = {name: Prototypes(tensors[f"{name}.center"], tensors[f"{name}.means"], 1.0) for name in names}
        if len(labels) < MIN_LABELS or any(len(each.means) != len(labels) for each in prototypes.values()):
            raise ValueError("labels and prototypes do not fit together")
        return OwnLabels(labels, prototypes, dict(note["models"]), float(note["temperature"]), sha256_of(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({(error.strerror or 'no such file').lower()}). {_HOW}") from error
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: holds no labels of your own. {_HOW}") from error


def fit(
    examples: Sequence[tuple[str, Mapping[str, np.ndarray]]],
    centers: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    models: Mapping[str, str],
) -> OwnLabels:
    """Prototypes from examples.

    Args:
        examples: label of each, and its mean embedding [D] by modality.
        centers: [D] by modality, what is taken off every embedding first.
        weights: of the modalities, to choose the temperature by.
        models: SHA-256 of the weights behind each modality.
    """
    labels = tuple(dict.fromkeys(label for label, _ in examples))
    if len(labels) < MIN_LABELS:
        raise DataError(f"{len(labels)} label(s) among the examples: at least {MIN_LABELS} are needed.")
    made = OwnLabels(labels, _prototypes(examples, labels, centers), models)
    counts = [sum(label == name for label, _ in examples) for name in labels]
    if min(counts) < 2:
        return made
    losses = [_loss(examples, labels, centers, weights, temperature) for temperature in TEMPERATURES]
    return OwnLabels(labels, made.prototypes, models, TEMPERATURES[int(np.argmin(losses))])


def _prototypes(
    examples: Sequence[tuple[str, Mapping[str, np.ndarray]]], labels: Sequence[str], centers: Mapping[str, np.ndarray]
) -> dict[str, Prototypes]:
    prototypes = {}
    for name, center in centers.items():
        rows = [
            [vectors[name] - center for own, vectors in examples if own == label and name in vectors]
            for label in labels
        ]
        if all(rows):
            prototypes[name] = Prototypes(center, np.stack([np.mean(each, 0) for each in rows]), 1.0)
    return prototypes


def _loss(
    examples: Sequence[tuple[str, Mapping[str, np.ndarray]]],
    labels: tuple[str, ...],
    centers: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    temperature: float,
) -> float:
    """Mean negative log-probability of each example's label by the others."""
    losses = []
    for left, (label, vectors) in enumerate(examples):
        rest = [*examples[:left], *examples[left + 1 :]]
        judge = OwnLabels(labels, _prototypes(rest, labels, centers), {}, temperature)
        alone = {name: vector[None] for name, vector in vectors.items()}
        row = judge.judge(alone, np.array([[weights.get(name, 0.0) for name in MODALITIES]]))[0]
        losses.append(-float(np.log(max(row[labels.index(label)], 1e-6))) if not np.isnan(row).any() else 0.0)
    return float(np.mean(losses))
