"""Trains the face network: basic emotions from the FER+ crowd votes, action units from half of RAF-CE.

The emotion loss adds the log of the class prior to the logits (logit adjustment, arXiv 2007.07314), so the logits
themselves are free of the prior: FER+ has 60 neutral faces for one of disgust, and PPA adds probabilities, so a prior
left in them decides the pair.

    python -m cer.train.static_face --data DATA --out cer/weights
"""

import copy
import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, roc_auc_score
from torch import Tensor, nn

from cer.fusion.calibration import calibration_error
from cer.labels import EMOTIONS
from cer.modalities.base import softmax
from cer.perception.face_encoder import SIDE, UNITS
from cer.train.augment import augment, compress, normalise
from cer.train.calibrate import fit_temperature
from cer.train.data import Faces, ferplus, rafce_units, sha256
from cer.train.networks import FaceNetwork
from cer.train.publish import export, publish
from cer.train.script import arguments

logger = logging.getLogger(__name__)

SMALL = 40  # pixels; pictures of the epochs that need not see every detail, at 0.7 of the time
BATCH = 128
UNIT_BATCH = 16  # RAF-CE pictures that ride along in every batch
UNIT_WEIGHT = 0.3
DECAY = 5e-4
AVERAGING = 0.998  # of the exponential moving average of the weights, per step


def prior_of(targets: np.ndarray) -> np.ndarray:
    """Class frequencies [8] of soft targets [N, 8]."""
    return (targets.sum(0) / targets.sum()).astype(np.float32)


def majority(faces: Faces) -> np.ndarray:
    """What most of the crowd said, one-hot float32 [N, 8]."""
    return np.eye(len(EMOTIONS), dtype=np.float32)[faces.targets.argmax(1)]


@dataclass(frozen=True, slots=True)
class Cycle:
    """A stretch of training: epochs, the first `small` of them on smaller pictures; the learning rate at its peak; the
    strength of augmentation and dropout.
    """

    epochs: int
    small: int
    peak: float
    strength: float = 1.0

    def rate(self, progress: float) -> float:
        """Linear warm-up over the first tenth, then half a cosine to zero; progress in [0, 1)."""
        if progress < 0.1:
            return self.peak * (progress + 0.001) / 0.1
        return self.peak * 0.5 * (1 + math.cos(math.pi * (progress - 0.1) / 0.9))


# Warm restarts (arXiv 1608.03983) of the averaged weights; what each brought is in weights/face.md. After two cycles
# the training pictures are hardly better known than the validation ones (loss 0.607 and 0.616): the third is
# regularised less.
CYCLES = (Cycle(18, 9, 0.12), Cycle(6, 0, 0.03), Cycle(12, 0, 0.03, strength=0.5), Cycle(9, 0, 0.03, strength=0.3))
DROPOUT = 0.3


def loss_of(
    network: FaceNetwork,
    faces: Faces,
    units: Faces,
    rows: np.ndarray,
    unit_rows: np.ndarray,
    log_prior: Tensor,
    rng: np.random.Generator,
    size: int,
    strength: float,
) -> Tensor:
    pictures = np.concatenate([faces.images[rows], units.images[unit_rows]])
    inputs = augment(normalise(torch.from_numpy(compress(pictures, rng))), size, strength).contiguous(
        memory_format=torch.channels_last
    )
    logits, _, unit_logits = network(inputs)
    emotion = F.cross_entropy(logits[: len(rows)] + log_prior, torch.from_numpy(faces.targets[rows]))
    wanted = torch.from_numpy(units.targets[unit_rows])
    known = ~torch.isnan(wanted)
    unit = F.binary_cross_entropy_with_logits(unit_logits[len(rows) :][known], wanted[known])
    return emotion + UNIT_WEIGHT * unit


def train(
    faces: Faces, units: Faces, cycle: Cycle, *, start: FaceNetwork | None = None, seed: int = 0, checkpoint: Path
) -> FaceNetwork:
    """Fits a FaceNetwork, from `start` if given, and returns the moving average of its weights in evaluation mode.

    The average is written to `checkpoint` after every epoch.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = FaceNetwork(len(UNITS)) if start is None else copy.deepcopy(start).train()
    network.dropout.p = DROPOUT * cycle.strength
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval()
    decayed: list[Tensor] = [p for p in network.parameters() if p.ndim > 1]
    rest: list[Tensor] = [p for p in network.parameters() if p.ndim <= 1]
    groups: list[dict[str, Any]] = [{"params": decayed, "weight_decay": DECAY}, {"params": rest}]
    optimizer = torch.optim.SGD(groups, lr=cycle.peak, momentum=0.9, nesterov=True)
    log_prior = torch.from_numpy(np.log(prior_of(faces.targets)))
    batches = len(faces.images) // BATCH
    for epoch in range(cycle.epochs):
        started, total = time.monotonic(), 0.0
        size = SMALL if epoch < cycle.small else SIDE
        for batch, rows in enumerate(np.array_split(rng.permutation(len(faces.images)), batches)):
            step = epoch * batches + batch
            for group in optimizer.param_groups:
                group["lr"] = cycle.rate(step / (cycle.epochs * batches))
            loss = loss_of(
                network,
                faces,
                units,
                rows,
                rng.integers(0, len(units.images), UNIT_BATCH),
                log_prior,
                rng,
                size,
                cycle.strength,
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
            keep = min(AVERAGING, (1 + step) / (10 + step))
            with torch.no_grad():
                for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
                    kept.copy_(new if not kept.is_floating_point() else kept * keep + new * (1 - keep))
        logger.info("epoch %d: loss %.4f, %.0f s", epoch + 1, total / batches, time.monotonic() - started)
        torch.save(average.state_dict(), checkpoint)
    return average


@torch.no_grad()
def predict(network: FaceNetwork, images: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Emotion logits [N, 8], embeddings [N, D] and action-unit logits [N, U] of grey crops uint8 [N, 48, 48]; picture
    and mirror averaged.
    """
    parts = []
    for start in range(0, len(images), 256):
        inputs = normalise(torch.from_numpy(images[start : start + 256]))
        both = [network(view.contiguous(memory_format=torch.channels_last)) for view in (inputs, inputs.flip(3))]
        parts.append([((a + b) / 2).numpy() for a, b in zip(*both, strict=True)])
    logits, embeddings, units = (np.concatenate(column) for column in zip(*parts, strict=True))
    return logits, embeddings, units


class Shipped(nn.Module):
    """The face network as it is exported: calibrated logits, embedding, action-unit logits."""

    def __init__(self, network: FaceNetwork, temperature: float) -> None:
        super().__init__()
        self.network, self.temperature = network, temperature

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, embedding, units = self.network(faces)
        return logits / self.temperature, embedding, units


def refit_units(network: FaceNetwork, units: Faces, faces: Faces, seed: int = 0) -> None:
    """Fit the action-unit layer anew on the finished embeddings, with calm FER+ faces as faces without action units.

    RAF-CE holds no calm face: without this the layer sees parted lips everywhere.
    """
    calm = np.flatnonzero(faces.targets[:, EMOTIONS.index("Neutral")] > 0.9)
    calm = np.random.default_rng(seed).choice(calm, min(len(calm), 2 * len(units.images)), replace=False)
    annotated = ~np.isnan(units.targets).any(1)
    embeddings = predict(network, np.concatenate([units.images[annotated], faces.images[calm]]))[1]
    targets = np.concatenate([units.targets[annotated], np.zeros((len(calm), len(UNITS)), np.float32)])
    for column in range(len(UNITS)):
        fitted = LogisticRegression(C=0.02, max_iter=500).fit(embeddings, targets[:, column])
        network.units.weight.data[column] = torch.from_numpy(fitted.coef_[0].astype(np.float32))
        network.units.bias.data[column] = float(fitted.intercept_[0])


def main() -> None:
    asked = arguments(__doc__)
    started = time.monotonic()
    files = {
        name: asked.data / f"faces/{name}.parquet" for name in ("ferplus-train", "ferplus-validation", "rafce-train")
    }
    faces, held = ferplus(files["ferplus-train"]), ferplus(files["ferplus-validation"])
    units, unseen = rafce_units(files["rafce-train"], even=True), rafce_units(files["rafce-train"], even=False)
    network = None
    for number, cycle in enumerate(CYCLES, 1):
        checkpoint = asked.work / f"face-{number}.pt"
        finished = checkpoint.with_suffix(".done")
        if finished.exists():
            network = FaceNetwork(len(UNITS)).eval()
            network.load_state_dict(torch.load(checkpoint, weights_only=True))
        else:
            network = train(faces, units, cycle, start=network, seed=number - 1, checkpoint=checkpoint)
            finished.touch()
    assert network is not None
    refit_units(network, units, faces)
    # A confidence is read as the chance of what most of the crowd said. Fitted to the votes instead, the calibration
    # error is 0.06.
    prior = prior_of(majority(faces))
    log_prior = np.log(prior)
    logits = predict(network, held.images)[0]
    temperature = fit_temperature(logits, majority(held), log_prior)
    metrics = measure(network, held, unseen, logits / temperature + log_prior)
    inputs = {"faces": normalise(torch.from_numpy(faces.images[:2]))}
    content = export(Shipped(network, temperature), inputs, ["logits", "embeddings", "units"], {"faces": {0: "N"}})
    publish(
        asked.out,
        "face.onnx",
        content,
        name="CER face network",
        license="research use (FER+, RAF-CE terms)",
        run={
            "data": {p.name: sha256(p) for p in files.values()},
            "metrics": metrics,
            "temperature": temperature,
            "epochs": sum(cycle.epochs for cycle in CYCLES),
            "prior": dict(zip(EMOTIONS, prior.tolist(), strict=True)),
            "seconds": round(time.monotonic() - started),
        },
    )


def measure(network: FaceNetwork, held: Faces, unseen: Faces, natural: np.ndarray) -> dict[str, float]:
    """What the validation pictures say: emotions from `natural` logits (with the prior), action units of RAF-CE's
    other half.
    """
    truth = held.targets.argmax(1)
    annotated = ~np.isnan(unseen.targets).any(1)
    found = predict(network, unseen.images[annotated])[2]
    wanted = unseen.targets[annotated]
    varied = [column for column in range(len(UNITS)) if 0 < wanted[:, column].sum() < len(wanted)]
    return {
        "ferplus_validation_accuracy": float((natural.argmax(1) == truth).mean()),
        "ferplus_validation_macro_f1": float(f1_score(truth, natural.argmax(1), average="macro")),
        "ferplus_validation_ece": calibration_error(softmax(natural), truth),
        "rafce_odd_units_mean_auc": float(
            np.mean([roc_auc_score(wanted[:, column], found[:, column]) for column in varied])
        ),
    }


if __name__ == "__main__":
    main()
