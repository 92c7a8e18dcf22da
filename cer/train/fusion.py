"""Trains MHPF on held-out predictions, and measures the prototypes and temperatures of PFSA.

No corpus at hand has all six modalities, so items of one basic emotion are put together from several corpora: a face
of FER+ validation (static_face, dynamic_face on a sequence that peaks in it, scene_label, and scene_context's
description of it), a RAVDESS recording whose actor the head had not heard, and a MELD dev utterance. FER+ test, other
actors and MELD test tell how good it is. That takes face, voice and words to be independent once the emotion is given,
which real people are not. Every set of modalities is drawn as often as any other, so every subset works.

    python -m cer.train.fusion --data DATA --out cer/weights --work runs
    python -m cer.train.fusion --predictions runs/mine/predictions.parquet --out mine    # on a corpus of one's own
"""

import argparse
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save
from sklearn.metrics import f1_score
from torch import Tensor, nn

from cer.fusion.calibration import calibration_error
from cer.fusion.compound import Prototypes, cosines
from cer.fusion.mhpf import MHPF, average, subsets
from cer.labels import EMOTIONS, MODALITIES
from cer.modalities.registry import DEFAULT, modalities
from cer.train.calibrate import fit_temperature
from cer.train.held_out import Pool, Pools, embedded_pools, pair
from cer.train.predictions import Items, halves, of_predictions
from cer.train.publish import publish

logger = logging.getLogger(__name__)

HEADS = 3
STEPS = 1500
BATCH = 512
LEARNING_RATE = 0.03
THETA_PENALTY = 1e-4  # of theta squared: weights of classes that a modality never predicts would drift without end
SHARPNESS = 4  # power of the fused distribution whose expected error is made small
LIKELIHOOD = 0.4  # how much the log-likelihood counts beside the expected error
BOOTSTRAP_DRAWS = 20  # times that test items are drawn anew, to tell a loss from chance


class Fusion(nn.Module):
    """MHPF in torch, for training: the same equation as `cer.fusion.mhpf.MHPF` (a test holds them together)."""

    def __init__(self, heads: int = HEADS, modalities: int = len(MODALITIES), classes: int = len(EMOTIONS)) -> None:
        super().__init__()
        self.theta = nn.Parameter(0.1 * torch.randn(heads, modalities, classes))
        self.beta = nn.Parameter(torch.zeros(heads))

    def forward(self, probabilities: Tensor, present: Tensor) -> Tensor:
        """[N, C] from probabilities [N, M, C] and present bool [N, M]; at least one modality must be present in every
        item.
        """
        scores = self.theta[None].masked_fill(~present[:, None, :, None], -torch.inf)
        masked = torch.where(present[..., None], probabilities, 0.0)
        fused = torch.einsum("h,nhmc,nmc->nc", self.beta.softmax(0), scores.softmax(2), masked)
        return fused / fused.sum(1, keepdim=True).clamp_min(1e-12)

    def plain(self) -> MHPF:
        return MHPF(self.theta.detach().numpy().copy(), self.beta.detach().numpy().copy())


def train(items: Items, *, steps: int = STEPS, seed: int = 0) -> MHPF:
    """MHPF weights that make errors few and the emotions likely, every class counting the same, with any set of the
    modalities present.

    The likelihood alone lets a weak modality blur a strong one, for a blurred answer is a careful one; how careful to
    be is the temperature's matter.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = Fusion()
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    sets = np.array([np.isin(np.arange(len(MODALITIES)), members) for members in subsets(range(len(MODALITIES)))])
    chance = 1 / np.bincount(items.emotions, minlength=len(EMOTIONS))[items.emotions]
    chance = chance / chance.sum()
    for _ in range(steps):
        rows = rng.choice(len(items.emotions), BATCH, p=chance)
        present = items.present[rows] & rng.choice(sets, BATCH)
        present = np.where(present.any(1, keepdims=True), present, items.present[rows])
        fused = network(torch.from_numpy(items.probabilities[rows]), torch.from_numpy(present))
        logs, true = fused.clamp_min(1e-6).log(), torch.from_numpy(items.emotions[rows])[:, None]
        right = (SHARPNESS * logs).softmax(1).gather(1, true).mean()
        likelihood = logs.gather(1, true).mean()
        loss = -right - LIKELIHOOD * likelihood + THETA_PENALTY * network.theta.square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.plain()


def calibrated(fusion: MHPF, items: Items, sources: np.ndarray, *, seed: int = 0) -> MHPF:
    """The same weights with a temperature for each number of present sources, every set of that size alike.

    Args:
        fusion: weights without a temperature.
        items: what the temperatures are fitted to.
        sources: int [M], the source of each modality; all modalities of a drawn source are present, except that the
            moving face is missing half of the time, as it is in short clips.
        seed: of the sets that are drawn.
    """
    rng = np.random.default_rng(seed)
    truth = np.eye(len(EMOTIONS), dtype=np.float32)[items.emotions]
    groups = np.unique(sources)
    temperature = np.ones(len(groups), np.float32)
    available = np.stack([items.present[:, sources == group].any(1) for group in groups], 1)
    still = rng.random(len(truth)) < 0.5
    fusion = replace(fusion, sources=sources)
    for size in range(1, len(groups) + 1):
        drawn = np.where(available, rng.random(available.shape), np.inf).argsort(1).argsort(1) < size
        present = items.present & (available & drawn)[:, np.searchsorted(groups, sources)]
        present[still, MODALITIES.index("dynamic_face")] &= ~present[still, MODALITIES.index("static_face")]
        rows = fusion.sources_present(present) == size
        if rows.any():
            logs = np.log(np.maximum(fusion.fuse(items.probabilities[rows], present[rows]), 1e-9))
            temperature[size - 1] = fit_temperature(logs, truth[rows])
    return replace(fusion, temperature=temperature)


def sources_of_modalities() -> np.ndarray:
    """The source of each modality of the default profile, int [M] in order of appearance."""
    names = [modality.source for modality in modalities(DEFAULT).values()]
    return np.array([list(dict.fromkeys(names)).index(name) for name in names])


def macro_f1(fusion: MHPF, items: Items, members: tuple[int, ...], rows: np.ndarray | None = None) -> float:
    """Macro-F1 of the fused emotion with only the named modalities present, over `rows` bool [N] or all items that
    have one of them, and over the classes that occur there.
    """
    present = items.present & np.isin(np.arange(len(MODALITIES)), members)
    rows = np.any(present, axis=1) if rows is None else rows
    fused = fusion.fuse(items.probabilities[rows], present[rows])
    truth = items.emotions[rows]
    return float(f1_score(truth, fused.argmax(1), labels=np.unique(truth), average="macro"))


def gaps(fusion: MHPF, items: Items) -> dict[str, float]:
    """By how much macro-F1 each subset's fusion is above its best member, or below, on the items that all members see:
    the classes that one of them never sees would otherwise count for the others only.
    """
    differences = {}
    for members in subsets(range(len(MODALITIES))):
        rows: np.ndarray = np.all(items.present[:, members], axis=1)
        if len(members) > 1 and rows.any():
            best = max(macro_f1(fusion, items, (member,), rows) for member in members)
            name = " + ".join(MODALITIES[member] for member in members)
            differences[name] = round(macro_f1(fusion, items, members, rows) - best, 4)
    return differences


def measure(fusion: MHPF, items: Items) -> dict[str, object]:
    """Macro-F1 of each modality, of all together by MHPF and by equal weights, and which subsets fall below their best
    member.
    """
    everything = tuple(range(len(MODALITIES)))
    fused = fusion.fuse(items.probabilities, items.present)
    return {
        "single_macro_f1": {
            MODALITIES[m]: macro_f1(fusion, items, (m,)) for m in everything if items.present[:, m].any()
        },
        "fused_macro_f1": macro_f1(fusion, items, everything),
        "equal_weights_macro_f1": macro_f1(average(len(MODALITIES)), items, everything),
        "fused_ece": calibration_error(fused, items.emotions),
        "subsets_below_their_best_member": {name: gap for name, gap in gaps(fusion, items).items() if gap < 0},
    }


def certainly_below(fusion: MHPF, test: Mapping[tuple[str, ...], Pool]) -> list[str]:
    """Subsets whose fusion is below their best member in 19 of 20 bootstraps of the pools, so hardly by chance: a rare
    class has two dozen faces in them.
    """
    rng = np.random.default_rng(0)
    drawn = []
    for seed in range(BOOTSTRAP_DRAWS):
        again = {names: pool[rng.integers(0, len(pool.emotions), len(pool.emotions))] for names, pool in test.items()}
        drawn.append(gaps(fusion, Items(*pair(again, seed=seed))))
    return [name for name in drawn[0] if np.mean([sample.get(name, 0.0) < 0 for sample in drawn]) >= 0.95]


def errors(names: Sequence[str], pool: Pool) -> Iterator[tuple[str, float]]:
    """(modality, its calibration error) under the pool's own class frequencies."""
    frequencies = np.bincount(pool.emotions, minlength=len(EMOTIONS)) / len(pool.emotions)
    for column, name in enumerate(names):
        weighted = pool.probabilities[:, column] * frequencies
        yield name, calibration_error(weighted / weighted.sum(1, keepdims=True), pool.emotions)


def prototypes_of(pool: Pool, unseen: Pool) -> Prototypes:
    """Centre and class means of training embeddings (every class counting the same), and the temperature that fits
    held-out ones.
    """
    assert pool.embeddings is not None
    assert unseen.embeddings is not None
    emotions = np.unique(pool.emotions)
    means = np.zeros((len(EMOTIONS), pool.embeddings.shape[1]), np.float32)
    for emotion in emotions:
        means[emotion] = pool.embeddings[pool.emotions == emotion].mean(0)
    center = means[emotions].mean(0)
    means[emotions] -= center
    rough = Prototypes(center, means, 1.0)
    rows = np.isin(unseen.emotions, emotions)
    similar = cosines(unseen.embeddings[rows], rough)[:, emotions]
    targets = (unseen.emotions[rows][:, None] == emotions[None]).astype(np.float32)
    balanced = targets / targets.sum(0)
    return Prototypes(center, means, fit_temperature(similar, balanced))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path)
    source.add_argument("--predictions", type=Path, help="predictions.parquet of a run of the harness")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    started = time.monotonic()
    pools: Pools | None = None
    stored: dict[str, np.ndarray] = {}
    if arguments.predictions is not None:
        items, clips = of_predictions(arguments.predictions)
        fit, test = (items[rows] for rows in halves(clips))
        from cer.models.checkpoints import shipped
        from cer.models.runtime import tensors

        stored |= {
            name: tensor
            for name, tensor in tensors(shipped("fusion.safetensors")).items()
            if name not in ("theta", "beta", "temperature", "sources", "mixing")
        }
    else:
        pools = embedded_pools(arguments.data, arguments.work)
        fit, test = Items(*pair(pools.fit, seed=0)), Items(*pair(pools.test, seed=1))
        for name, (trained, unseen) in pools.embeddings.items():
            prototypes = prototypes_of(trained, unseen)
            stored |= {
                f"{name}.centre": prototypes.center,
                f"{name}.means": prototypes.means,
                f"{name}.temperature": np.array([prototypes.temperature], np.float32),
            }
    away = fit if pools is None else Items(*pair(pools.away, seed=2))
    fusion = calibrated(train(fit), away, sources_of_modalities())
    assert fusion.temperature is not None
    assert fusion.sources is not None
    metrics = measure(fusion, test)
    if pools is not None:
        metrics |= {
            "subsets_certainly_below": certainly_below(fusion, pools.test),
            "single_ece": {name: error for names, pool in pools.test.items() for name, error in errors(names, pool)},
            "items_fitted_to": measure(fusion, fit),
        }
    stored |= {"theta": fusion.theta, "beta": fusion.beta, "temperature": fusion.temperature, "sources": fusion.sources}
    publish(
        arguments.out,
        "fusion.safetensors",
        save({name: np.ascontiguousarray(array, np.float32) for name, array in stored.items()}),
        name="CER fusion (MHPF, prototypes)",
        license="research use (terms of all training corpora)",
        run={
            "items": len(fit.emotions),
            "temperature": [round(float(value), 3) for value in fusion.temperature],
            "metrics": metrics,
            "seconds": round(time.monotonic() - started),
        },
    )


if __name__ == "__main__":
    main()
