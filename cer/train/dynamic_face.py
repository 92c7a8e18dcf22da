"""Trains the Mamba network of dynamic_face on sequences of face embeddings.

Few ordered faces are at hand: CK+ gives three frames at each expression's peak. So most sequences are synthesized in
the space of embeddings: two faces of FER+, press photos or the web, the second the peak, joined by a curve of onset,
apex and offset; the peak's soft label is the target. The CK+ part is checked on people that were not trained on.

    python -m cer.train.dynamic_face --data DATA --out cer/weights
"""

import logging
import time

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold
from torch import nn

from cer.files import sha256_of
from cer.labels import EMOTIONS
from cer.modalities.dynamic_face import SLOTS
from cer.perception.face_encoder import Expressions
from cer.train.cache import expressions
from cer.train.calibrate import fit_temperature
from cer.train.data import Sequences, ckplus, ferplus
from cer.train.expressive import training_expressions
from cer.train.networks import DynamicNetwork
from cer.train.publish import export, publish
from cer.train.script import arguments

logger = logging.getLogger(__name__)

STEPS = 800
BATCH = 96
LEARNING_RATE = 1e-3
CKPLUS_SHARE = 0.4  # of a batch
STEEPEST = 1.0  # norm of a step's gradient; without a limit one fold of five did not converge
FOLDS = 5


def ready(expressions: Expressions) -> np.ndarray:
    """Embeddings and logits side by side, [N, 264]: what the network sees of a moment."""
    return np.concatenate([expressions.embeddings, expressions.logits], 1)


class Synthesiser:
    """Makes moving sequences out of faces [M, D] with votes [M, 8]."""

    def __init__(self, faces: np.ndarray, votes: np.ndarray) -> None:
        self.faces, self.votes = faces, votes
        self.calm = np.flatnonzero(votes[:, EMOTIONS.index("Neutral")] > 0.5)
        weights = 1 / votes.sum(0)[votes.argmax(1)]
        self.reach = np.cumsum(weights / weights.sum())  # for drawing peaks evenly over the classes
        self.spread = 0.1 * faces.std(0)

    def __call__(
        self, count: int, rng: np.random.Generator, peaks: np.ndarray | None = None, steady: float = 0.2
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`count` sequences float32 [N, SLOTS, D], masks [N, SLOTS] and targets [N, 8].

        A calm face changes into a peak face and, half of the time, back; a share `steady` of the sequences hold one
        expression throughout. peaks: which faces they peak in, rows [N]; drawn evenly over the classes when not given.
        """
        if peaks is None:
            peaks = np.searchsorted(self.reach, rng.random(count)).clip(max=len(self.faces) - 1)
        start = rng.choice(self.calm, count)
        moments = np.arange(SLOTS)[None] / SLOTS
        onset = rng.uniform(-0.1, 0.6, (count, 1))
        rise, length = rng.uniform(0.05, 0.3, (count, 1)), rng.uniform(0.15, 0.8, (count, 1))
        fall = np.where(rng.random((count, 1)) < 0.5, onset + length, 9.0)
        level = np.clip((moments - onset) / rise, 0, 1) * np.clip(1 - (moments - fall) / rise, 0, 1)
        level = np.where(rng.random((count, 1)) < steady, 1.0, level * rng.uniform(0.7, 1.1, (count, 1)))[..., None]
        sequences = self.faces[start][:, None] * (1 - level) + self.faces[peaks][:, None] * level
        sequences += self.spread * rng.standard_normal(sequences.shape, dtype=np.float32)
        return sequences.astype(np.float32), _lose(count, rng), self.votes[peaks]


def stretch(
    sequences: Sequences, rows: np.ndarray, faces: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """CK+ sequences `rows`: half as the three moments that they are, half laid out over SLOTS moments by holding and
    blending their ordered frames [N, 3, D].
    """
    frames = faces[sequences.frames[rows]]
    position = np.sort(rng.uniform(0, frames.shape[1] - 1, (len(rows), SLOTS)), 1)
    low = np.minimum(position.astype(int), frames.shape[1] - 2)
    share = (position - low)[..., None]
    row = np.arange(len(rows))[:, None]
    laid = frames[row, low] * (1 - share) + frames[row, low + 1] * share
    mask = _lose(len(rows), rng)
    slots, few = unstretched(sequences, rows, faces)
    half = len(rows) // 2
    laid[:half], mask[:half] = slots[:half], few[:half]
    return laid.astype(np.float32), mask, np.eye(len(EMOTIONS), dtype=np.float32)[sequences.emotions[rows]]


def _lose(count: int, rng: np.random.Generator) -> np.ndarray:
    """Masks float32 [N, SLOTS]: moments lost at random, in a stretch, or none; at least three are left."""
    mask = (rng.random((count, SLOTS)) > rng.choice([0, 0, 0.2, 0.5], (count, 1))).astype(np.float32)
    mask[np.arange(SLOTS)[None] >= rng.choice([SLOTS, SLOTS, 10, 5], (count, 1))] = 0
    mask[:, :3] = 1
    return mask


def unstretched(sequences: Sequences, rows: np.ndarray, faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """CK+ sequences as the harness shows them: their three frames in the first three moments."""
    frames = faces[sequences.frames[rows]]
    slots = np.zeros((len(rows), SLOTS, frames.shape[2]), np.float32)
    slots[:, : frames.shape[1]] = frames
    mask = np.zeros((len(rows), SLOTS), np.float32)
    mask[:, : frames.shape[1]] = 1
    return slots, mask


def train(
    faces: np.ndarray,
    votes: np.ndarray,
    sequences: Sequences,
    peaks: np.ndarray,
    rows: np.ndarray,
    seed: int = 0,
    steps: int = STEPS,
) -> DynamicNetwork:
    """faces [M, D] with votes [M, 8] are those of training_expressions; peaks [K, D] are the faces of all CK+ frames;
    rows: the CK+ sequences to train on.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = DynamicNetwork(faces.shape[1] - len(EMOTIONS)).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    counts = np.bincount(sequences.emotions[rows], minlength=len(EMOTIONS)).astype(float)
    chance = 1 / counts[sequences.emotions[rows]]
    own = int(BATCH * CKPLUS_SHARE)
    synthesise = Synthesiser(faces, votes)
    for _ in range(steps):
        made = synthesise(BATCH - own, rng)
        real = stretch(sequences, rng.choice(rows, own, p=chance / chance.sum()), peaks, rng)
        slots, mask, target = (torch.from_numpy(np.concatenate(pair)) for pair in zip(made, real, strict=True))
        loss = F.cross_entropy(network(slots, mask)[0], target)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), STEEPEST)
        optimizer.step()
        schedule.step()
    return network.eval()


@torch.no_grad()
def predict(network: DynamicNetwork, slots: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Logits [N, 8]."""
    return np.concatenate(
        [
            network(torch.from_numpy(s), torch.from_numpy(m))[0].numpy()
            for s, m in zip(
                np.array_split(slots, -(-len(slots) // 512)), np.array_split(mask, -(-len(slots) // 512)), strict=True
            )
        ]
    )


def main() -> None:
    options = arguments(__doc__)
    started = time.monotonic()
    names = ("ferplus-train", "ferplus-validation", "ckplus48", "muxspace", "affectnet-like")
    files = {name: options.data / f"faces/{name}.parquet" for name in names}
    validation, sequences = ferplus(files["ferplus-validation"]), ckplus(files["ckplus48"])
    trained, votes = training_expressions(options.data, options.work)
    faces = ready(trained)
    checks, peaks = (ready(expressions(images, options.work)) for images in (validation.images, sequences.images))
    metrics = cross_validate(faces, votes, sequences, peaks)
    network = train(faces, votes, sequences, peaks, np.arange(len(sequences.emotions)))
    rng = np.random.default_rng(1)
    slots, mask, target = Synthesiser(checks, validation.targets)(4000, rng)
    logits = predict(network, slots, mask)
    metrics |= moving(logits, slots, mask, target)
    network.temperature.fill_(fit_temperature(logits, target))
    content = export(
        network,
        {"slots": torch.from_numpy(slots[:2]), "mask": torch.from_numpy(mask[:2])},
        ["logits", "embedding"],
        {"slots": {0: "N"}, "mask": {0: "N"}},
    )
    publish(
        options.out,
        "dynamic_face.onnx",
        content,
        name="CER dynamic face (Mamba)",
        license="research use (FER+, CK+ terms)",
        run={
            "data": {p.name: sha256_of(p) for p in files.values()},
            "metrics": metrics,
            "temperature": float(network.temperature),
            "seconds": round(time.monotonic() - started),
        },
    )


def cross_validate(faces: np.ndarray, votes: np.ndarray, sequences: Sequences, peaks: np.ndarray) -> dict[str, float]:
    """Macro-F1 over the seven CK+ classes, of people not trained on; and of the mean of static_face on the same
    sequences.
    """
    rows = np.arange(len(sequences.emotions))
    predicted = np.zeros(len(rows), int)
    for fold, (fit, test) in enumerate(GroupKFold(FOLDS).split(rows, groups=sequences.subjects)):
        network = train(faces, votes, sequences, peaks, fit, seed=fold)
        predicted[test] = predict(network, *unstretched(sequences, test, peaks)).argmax(1)
        logger.info(
            "CK+ fold %d: macro-F1 so far %.3f",
            fold + 1,
            f1_score(sequences.emotions[test], predicted[test], average="macro"),
        )
    classes = np.unique(sequences.emotions)
    static = peaks[sequences.frames][..., -len(EMOTIONS) :].mean(1).argmax(1)
    return {
        "ckplus_macro_f1": float(f1_score(sequences.emotions, predicted, labels=classes, average="macro")),
        "ckplus_macro_f1_static_mean": float(f1_score(sequences.emotions, static, labels=classes, average="macro")),
    }


def moving(logits: np.ndarray, slots: np.ndarray, mask: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """Macro-F1 on synthesized moving sequences of validation faces, and of the mean of static_face on them."""
    static = (slots[..., -len(EMOTIONS) :] * mask[..., None]).sum(1).argmax(1)
    truth = target.argmax(1)
    return {
        "moving_macro_f1": float(f1_score(truth, logits.argmax(1), average="macro")),
        "moving_macro_f1_static_mean": float(f1_score(truth, static, average="macro")),
    }


if __name__ == "__main__":
    main()
