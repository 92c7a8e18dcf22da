"""Trains the supervised track from scratch and exports it: two graphs, each with five seeds of its networks.

    python -m cer.train.supervised --data DATA --out cer/weights --work runs

RAF-CE's even pictures are learned; the odd ones are read only to report each stage. A network that is finished is kept
in --work, so a run that was stopped goes on. `--shares` repeats the study of LEAF on a share of FER+'s labels.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from cer.corpora.rafce import EXPRESSIONS
from cer.files import sha256_of
from cer.labels import COMPOUNDS
from cer.models.checkpoints import shipped
from cer.perception.face_encoder import EMBEDDING_SIZE, MAPS_SHAPE
from cer.train.publish import export, half_weights, publish
from cer.train.script import parser_of, start_script
from cer.train.supervised import leaf, shares
from cer.train.supervised.curriculum import RATES, STEPS, Material, fit, outputs, single_loss, train
from cer.train.supervised.ensemble import distill, fuse
from cer.train.supervised.faces import VIEWS, Encoded, compose, compounds, encode, singles
from cer.train.supervised.members import FAMILIES, Convolutional, Linear, Member
from eval.scores import confusion, macro_f1

logger = logging.getLogger(__name__)

SEEDS = 5
SOURCES = ("rafce-train", "ferplus-train", "muxspace", "affectnet-like")
LADDER = ("linear", "convolutional", "transformer", "multi-scale", "leaf")  # outputs of supervised_ladder.onnx
LICENSE = "research use (RAF-CE, FER+ terms)"


class Seeds(nn.Module):
    """Logits [seeds, N, 14] of each method's networks, in order, from maps [N, 512, 8, 8] and embeddings [N, 256]."""

    def __init__(self, methods: Sequence[Sequence[Member]]) -> None:
        super().__init__()
        self.methods = nn.ModuleList(nn.ModuleList(members) for members in methods)

    def forward(self, maps: Tensor, embeddings: Tensor) -> tuple[Tensor, ...]:
        return tuple(
            torch.stack([member(maps, embeddings)[1] for member in members])
            for members in cast(Iterable[Iterable[Member]], self.methods)
        )


def seven_f1(logits: np.ndarray, faces: Encoded) -> float:
    """Macro-F1 of C-EXPR-DB's seven among the faces that show one of them, from logits [N, 14]."""
    ours = faces.classes < len(COMPOUNDS)
    predicted = logits[ours, : len(COMPOUNDS)].argmax(1)
    return float(macro_f1(confusion(faces.classes[ours], predicted, len(COMPOUNDS))))


class Track:
    """Everything that is trained for one seed after another, and what each reached on the odd pictures."""

    def __init__(self, data: Path, work: Path) -> None:
        torch.manual_seed(0)
        rng = np.random.default_rng(0)
        alone = singles(data, work, rng)
        self.material = Material(
            encode(alone, 1, rng), encode(compose(alone, rng), 0, rng), encode(compounds(data), VIEWS, rng)
        )
        self.development = encode(compounds(data, "odd"), 0, rng)
        self.work = work / "supervised"
        self.work.mkdir(parents=True, exist_ok=True)
        self.reached: dict[str, list[Any]] = {}

    def member(self, name: str, family: type[Member], seed: int) -> Member:
        """A network after the curriculum."""
        network = _new(family, seed)
        stages: dict[str, float] = {}

        def watch(stage: str, network: Member) -> None:
            stages[stage] = seven_f1(outputs(network, self.development)[1], self.development)

        return self._kept(name, seed, network, lambda: train(network, self.material, seed, watch), stages)

    def leaf(self, seed: int) -> Member:
        """A network after single expressions, then RAF-CE's labels with the other faces unlabeled."""
        network = _new(leaf.Leaf, seed)
        rng = np.random.default_rng(seed)

        def run() -> Member:
            fit(network, single_loss(network, self.material.singles, rng), STEPS["singles"], RATES["singles"])
            network.begin_compounds()
            return leaf.train(network, self.material.labeled, self.material.singles, 1, len(EXPRESSIONS), seed, 300)

        return self._kept("leaf", seed, network, run, {})

    def distilled(self, members: dict[str, Member], seed: int) -> Member:
        """The ensemble's student."""
        student = _new(Convolutional, seed)
        faces = [self.material.labeled, self.material.composed, self.material.singles]
        return self._kept("distilled", seed, student, lambda: distill(student, members, faces, seed), {})

    def _kept(self, name: str, seed: int, network: Member, run: Any, stages: dict[str, float]) -> Member:
        path = self.work / f"{name}-{seed}.pt"
        if path.exists():
            stored = torch.load(path, weights_only=True)
            network.load_state_dict(stored["network"])
            stages.update(stored["stages"])
        else:
            started = time.monotonic()
            run()
            stages["seconds"] = round(time.monotonic() - started, 1)
            torch.save({"network": network.state_dict(), "stages": stages}, path)
        network.eval()
        stages["macro_f1"] = seven_f1(outputs(network, self.development)[1], self.development)
        self.reached.setdefault(name, []).append(stages)
        logger.info("%s, seed %d: %s", name, seed, stages)
        return network


def _new(family: type[Member], seed: int) -> Member:
    torch.manual_seed(seed)
    return family()


def main() -> None:
    parser = parser_of(__doc__)
    parser.add_argument("--shares", action="store_true", help="repeat the study of FER+ with a share of its labels")
    options = start_script(parser)
    track = Track(options.data, options.work)
    methods: dict[str, list[Member]] = {name: [] for name in (*LADDER, "distilled")}
    for seed in range(SEEDS):
        methods["linear"].append(track.member("linear", Linear, seed))
        members = {name: track.member(name, family, seed) for name, family in FAMILIES.items()}
        for name, member in members.items():
            methods[name].append(member)
        logits = [outputs(member, track.development)[1] for member in members.values()]
        reached = seven_f1(fuse(logits), track.development)
        track.reached.setdefault("ensemble", []).append({"macro_f1": reached})
        logger.info("ensemble, seed %d: %.3f", seed, reached)
        methods["leaf"].append(track.leaf(seed))
        methods["distilled"].append(track.distilled(members, seed))
    run = {
        "data": {f"{name}.parquet": sha256_of(options.data / f"faces/{name}.parquet") for name in SOURCES},
        "face_network": shipped("face.onnx").sha256,
        "compound_labels": True,
        "metrics": track.reached,
    }
    if options.shares:
        run["ferplus_shares"] = shares.study(options.data, options.work / "faceres.safetensors", seeds=(0, 1, 2))
    _publish(
        options.out, "supervised.onnx", "CER supervised compounds (distilled)", {"compounds": methods["distilled"]}, run
    )
    ladder = {name.replace("-", "_"): methods[name] for name in LADDER}
    _publish(options.out, "supervised_ladder.onnx", "CER supervised ladder", ladder, run)


def _publish(out: Path, file: str, name: str, methods: dict[str, list[Member]], run: dict[str, Any]) -> None:
    inputs = {"maps": torch.zeros(2, *MAPS_SHAPE), "embeddings": torch.zeros(2, EMBEDDING_SIZE)}
    content = export(Seeds(list(methods.values())), inputs, list(methods), {key: {0: "N"} for key in inputs})
    publish(out, file, half_weights(content), name=name, license=LICENSE, run=run)


if __name__ == "__main__":
    main()
