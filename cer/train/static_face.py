"""Trains the face network: emotions, action units, identity and quality from a trunk trained on identities.

Emotions come from FER+ crowd votes, CK+, press photos and web faces whose labels are noisy: those are softened by what
a classifier that has not seen the face says. The loss adds each corpus's log class prior to the logits (logit
adjustment, arXiv 2007.07314), so the logits are free of any prior and Neutral does not win by being common.

The trunk is converted once; npm is needed for it:

    python -m tools.convert_faceres WORK/faceres.safetensors
    python -m cer.train.static_face --data DATA --out cer/weights --work WORK
"""

import copy
import logging
import math
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.utils.data import DataLoader

from cer.files import sha256_of
from cer.labels import EMOTIONS
from cer.perception.face_encoder import UNITS
from cer.train.augment import normalise
from cer.train.calibrate import fit_temperature
from cer.train.data import RAFCE_UNITS, Faces, ferplus, units_sha256
from cer.train.face_batches import Batches, Corpus, prepare
from cer.train.face_corpora import LabeledFaces, affectnet_like, film_stills, muxspace
from cer.train.face_measure import Outputs, exported, measure
from cer.train.face_network import DETAIL_BLOCK, FaceNetwork, continue_from
from cer.train.int8 import int8_convolutions
from cer.train.publish import export, half_weights, publish
from cer.train.script import parser_of, start_script

logger = logging.getLogger(__name__)

STEPS = 12000
WARM_UP_STEPS = 150  # heads alone, on a frozen trunk
FROZEN_BLOCKS = 5  # of the 13; edges and textures stay what millions of faces made them, at half the cost of a step
TRUNK_RATE, HEAD_RATE = 3e-4, 1e-3
PRETRAINED = ("trunk", "pool", "detail_pool")  # what starts as it was trained, or as a plain mean
WEIGHT_DECAY = 0.05
MAX_GRADIENT = 2.0
CHECKPOINT_STEPS = 100
OUTPUTS = ("logits", "embeddings", "units", "identity", "quality")
SHIPPED = ("logits", "embeddings", "units", "quality", "maps")  # identity only keeps the trunk from forgetting faces
DEPTHWISE_BITS = 8  # of int8; with 7 FER+ macro-F1 falls from 0.717 to 0.694 and RAF-CE's PPA from 0.476 to 0.450
RANGE_FACES = 128  # of each corpus, by which ranges of int8 are chosen
AVERAGING = 0.996  # of the exponential moving average of the weights, per step


def prior_of(targets: NDArray[np.float32]) -> NDArray[np.float32]:
    """Class frequencies [8] of soft targets [N, 8]."""
    return (targets.sum(0) / targets.sum()).astype(np.float32)


def majority(faces: Faces) -> NDArray[np.float32]:
    """The crowd's most frequent vote, one-hot float32 [N, 8]."""
    return np.eye(len(EMOTIONS), dtype=np.float32)[faces.targets.argmax(1)]


def learning_rate(progress: float) -> float:
    """Share of the peak rate: linear warm-up over the first 5 %, then half a cosine to zero; progress in [0, 1]."""
    return progress / 0.05 + 1e-3 if progress < 0.05 else 0.5 * (1 + math.cos(math.pi * (progress - 0.05) / 0.95))


def _groups(network: FaceNetwork) -> list[dict[str, Any]]:
    groups = []
    for peak, parts in (
        (TRUNK_RATE, [getattr(network, name) for name in PRETRAINED]),
        (HEAD_RATE, [part for name, part in network.named_children() if name not in PRETRAINED]),
    ):
        parameters = [parameter for part in parts for parameter in part.parameters()]
        for decay, chosen in (
            (WEIGHT_DECAY, [p for p in parameters if p.ndim > 1]),
            (0.0, [p for p in parameters if p.ndim < 2]),
        ):
            groups.append({"params": chosen, "weight_decay": decay, "peak": peak, "lr": 0.0})
    return groups


def train(
    network: FaceNetwork, batches: Batches, checkpoint: Path, *, steps: int = STEPS, max_minutes: float = math.inf
) -> FaceNetwork:
    """Fit the network and return the moving average of its weights, in evaluation mode.

    Args:
        network: with the converted trunk and a fitted identity head.
        batches: the training data.
        checkpoint: file that training resumes from; written every CHECKPOINT_STEPS steps.
        steps: length of the schedule.
        max_minutes: on a slow machine the schedule ends after so many minutes instead.
    """
    network.to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    average = copy.deepcopy(network).eval()
    optimizer = torch.optim.AdamW(_groups(network))
    step, spent, total = 0, 0.0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        average.load_state_dict(state["average"])
        optimizer.load_state_dict(state["optimizer"])
        step, spent = state["step"], state["seconds"]
    started = time.monotonic() - spent
    stream = iter(DataLoader(batches, batch_size=None, num_workers=1, prefetch_factor=3))
    while (progress := max(step / steps, (time.monotonic() - started) / 60 / max_minutes)) < 1:
        warming_up = step < WARM_UP_STEPS
        for group in optimizer.param_groups:
            heads = group["peak"] == HEAD_RATE
            group["lr"] = group["peak"] * ((1.0 if heads else 0.0) if warming_up else learning_rate(progress))
        batch = next(stream)
        with torch.autocast("cpu", torch.bfloat16):
            with torch.no_grad():
                maps = network.trunk.before(batch["views"], FROZEN_BLOCKS)
            with torch.set_grad_enabled(not warming_up):
                features = network.features(maps, FROZEN_BLOCKS)
        loss = batches.loss(network.heads(*features), batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), MAX_GRADIENT)
        optimizer.step()
        step, total = step + 1, total + loss.item()
        keep = min(AVERAGING, step / (10 + step))
        with torch.no_grad():
            for mean, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
                mean.copy_(new if not mean.is_floating_point() else mean * keep + new * (1 - keep))
        if step % CHECKPOINT_STEPS == 0:
            seconds = time.monotonic() - started
            logger.info("step %d, progress %.3f: loss %.4f, %.0f s", step, progress, total / CHECKPOINT_STEPS, seconds)
            total = 0.0
            state = {
                "network": network.state_dict(),
                "average": average.state_dict(),
                "optimizer": optimizer.state_dict(),
                "step": step,
                "seconds": seconds,
            }
            torch.save(state, checkpoint.with_suffix(".tmp"))
            os.replace(checkpoint.with_suffix(".tmp"), checkpoint)
    return average


@torch.no_grad()
def predict(network: FaceNetwork, images: NDArray[np.uint8]) -> Outputs:
    """Outputs of the network (see FaceNetwork) for faces uint8 [N, SIDE, SIDE, 3], by name: the mean over each and its
    mirror."""
    parts = []
    for start in range(0, len(images), 128):
        inputs = normalise(torch.from_numpy(images[start : start + 128]))
        both = [network(view.contiguous(memory_format=torch.channels_last)) for view in (inputs, inputs.flip(3))]
        parts.append([((a + b) / 2).numpy() for a, b in zip(*both, strict=True)])
    outputs = dict(zip(OUTPUTS, (np.concatenate(column) for column in zip(*parts, strict=True)), strict=True))
    outputs["identity"] /= np.linalg.norm(outputs["identity"], axis=1, keepdims=True)
    return outputs


def refit_units(network: FaceNetwork, units: Faces, faces: Faces, seed: int = 0) -> None:
    """Fit the action-unit layer again on the finished embeddings, with calm FER+ faces as faces without action units.

    RAF-CE has no calm face: without this the layer predicts parted lips everywhere.
    """
    calm = np.flatnonzero(faces.targets[:, EMOTIONS.index("Neutral")] > 0.9)
    calm = np.random.default_rng(seed).choice(calm, min(len(calm), 2 * len(units.images)), replace=False)
    annotated = ~np.isnan(units.targets).any(1)
    embeddings = predict(network, np.concatenate([units.images[annotated], faces.images[calm]]))["embeddings"]
    targets = np.concatenate([units.targets[annotated], np.zeros((len(calm), len(UNITS)), np.float32)])
    for column in range(len(UNITS)):
        fitted = LogisticRegression(C=0.02, max_iter=500).fit(embeddings, targets[:, column])
        network.units.weight.data[column] = torch.from_numpy(fitted.coef_[0].astype(np.float32))
        network.units.bias.data[column] = float(fitted.intercept_[0])


class Shipped(nn.Module):
    """The face network as it is exported: calibrated logits, quality as a probability, and the feature maps
    [N, 512, 8, 8] that enter DETAIL_BLOCK, for heads that are trained later."""

    def __init__(self, network: FaceNetwork, temperature: float) -> None:
        super().__init__()
        self.network, self.temperature = network, temperature

    def forward(self, faces: Tensor) -> tuple[Tensor, ...]:
        maps = self.network.trunk.before(faces, DETAIL_BLOCK)
        logits, embedding, units, _, quality = self.network.heads(*self.network.features(maps, DETAIL_BLOCK))
        return logits / self.temperature, embedding, units, torch.sigmoid(quality), maps


def range_faces(corpora: Sequence[Corpus]) -> NDArray[np.uint8]:
    """RANGE_FACES training faces of each corpus, uint8 [N, SIDE, SIDE, 3]."""
    rng = np.random.default_rng(0)
    return np.concatenate([part.images[rng.permutation(len(part.images))[:RANGE_FACES]] for part in corpora])


def in_int8(graph: bytes, images: NDArray[np.uint8]) -> bytes:
    """The exported network with its convolutions in int8, but for the first and for the two that weigh places.

    Args:
        graph: the network with weights in float32 or float16.
        images: uint8 [N, SIDE, SIDE, 3], by which the ranges of its values are chosen.
    """
    inputs = [{"faces": normalise(torch.from_numpy(part)).contiguous().numpy()} for part in np.array_split(images, 32)]
    small = int8_convolutions(
        graph, inputs, exact_at_start=1, exact_at_end=2, between=("Clip",), depthwise_bits=DEPTHWISE_BITS
    )
    return half_weights(small, 2048)


def calibrate(network: FaceNetwork, crowd: Faces, foreign: list[LabeledFaces], prior: NDArray[np.float32]) -> float:
    """The temperature that suits validation faces of several corpora, as many of each.

    Args:
        network: the trained network.
        crowd: FER+ validation faces; what most of the crowd voted counts, with the prior.
        foreign: validation faces of other corpora, without a prior, as they are met.
        prior: class frequencies [8] of FER+.
    """
    count = min(len(crowd.images), *(len(faces) for faces in foreign))
    rng = np.random.default_rng(0)
    sets = [(crowd.images, majority(crowd), np.log(prior))]
    sets += [(faces.images, faces.targets, np.zeros(len(EMOTIONS), np.float32)) for faces in foreign]
    logits, targets, priors = [], [], []
    for images, target, log_prior in sets:
        rows = rng.permutation(len(images))[:count]
        logits.append(predict(network, images[rows])["logits"])
        targets.append(target[rows])
        priors.append(np.tile(log_prior, (count, 1)))
    return fit_temperature(np.concatenate(logits), np.concatenate(targets), np.concatenate(priors))


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument(
        "--earlier", type=Path, help="an earlier face.onnx (grey, 48 pixels): one more opinion on labels"
    )
    parser.add_argument("--start", type=Path, help="face.pt of an earlier round, whose faces may have had another size")
    parser.add_argument("--minutes", type=float, default=math.inf, help="shorten the schedule to so many minutes")
    arguments = start_script(parser)
    started = time.monotonic()
    folder = arguments.data / "faces"
    network, batches, faces = prepare(arguments.data, arguments.work, arguments.earlier)
    if arguments.start:
        continue_from(network, arguments.start)
    checkpoint = arguments.work / "face.pt"
    network = train(network, batches, checkpoint, max_minutes=arguments.minutes)
    refit_units(network, faces["units"], faces["crowd"])
    prior = prior_of(majority(faces["crowd"]))
    foreign = [
        muxspace(folder / "muxspace.parquet", arguments.work)[1],
        affectnet_like(folder / "affectnet-like.parquet", arguments.work)[1],
        film_stills(folder / "film-stills.parquet", arguments.work),  # have a part in this number and in nothing else
    ]
    temperature = calibrate(network, ferplus(folder / "ferplus-validation.parquet"), foreign, prior)

    inputs = {"faces": normalise(torch.from_numpy(faces["crowd"].images[:2])).contiguous()}
    network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    content = in_int8(
        export(Shipped(network, temperature), inputs, SHIPPED, {"faces": {0: "N"}}), range_faces(batches.corpora)
    )
    shipped = arguments.work / "face.onnx"
    shipped.write_bytes(content)
    metrics = measure(exported(shipped), arguments.data, arguments.work, prior)
    sources = ("ferplus-train", "ferplus-validation", "ckplus48", "muxspace", "affectnet-like")
    files = [folder / f"{name}.parquet" for name in sources] + [arguments.work / "faceres.safetensors"]
    publish(
        arguments.out,
        "face.onnx",
        content,
        name="CER face network",
        license="research use (FER+, RAF-CE, CK+ terms; trunk MIT)",
        run={
            "data": {
                **{file.name: sha256_of(file) for file in files + ([arguments.earlier] if arguments.earlier else [])},
                RAFCE_UNITS: units_sha256(folder / "rafce-train.parquet"),
            },
            "metrics": metrics,
            "temperature": temperature,
            "steps": int(torch.load(checkpoint, weights_only=True)["step"]),
            "prior": dict(zip(EMOTIONS, prior.tolist(), strict=True)),
            "seconds": round(time.monotonic() - started),
        },
    )


if __name__ == "__main__":
    main()
