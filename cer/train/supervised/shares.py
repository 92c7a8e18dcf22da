"""How far LEAF gets with a share of FER+'s labels, beside supervised learning with the same share.

Both read the original trunk, which was trained on identities and never saw an expression label; the face network has
seen all of FER+'s.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from cer.labels import EMOTIONS
from cer.train.augment import normalise
from cer.train.data import ferplus
from cer.train.face_network import DETAIL_BLOCK, Trunk, load_trunk
from cer.train.face_targets import IdentityAxes
from cer.train.static_face import majority
from cer.train.supervised.curriculum import outputs
from cer.train.supervised.faces import Encoded, augmented
from cer.train.supervised.leaf import Leaf, log_frequencies, some_of_each, train

logger = logging.getLogger(__name__)

SHARES = (0.1, 0.25, 0.5, 1.0)
STEPS = 1200


@torch.no_grad()
def read(trunk: Trunk, images: NDArray[np.uint8]) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    """Maps float16 [N, 512, 8, 8] and pooled features float32 [N, 1024] of the original trunk."""
    maps = np.empty((len(images), 512, 8, 8), np.float16)
    features = np.empty((len(images), 1024), np.float32)
    for start in range(0, len(images), 64):
        rows = slice(start, start + 64)
        inputs = normalise(torch.from_numpy(images[rows])).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            entering = trunk.before(inputs, DETAIL_BLOCK)
            pooled = trunk.after(entering, DETAIL_BLOCK).float().mean((2, 3))
        maps[rows], features[rows] = entering.float().numpy(), pooled.numpy()
    return maps, features


def crowd(data: Path, trunk: Trunk, seed: int = 0) -> tuple[Encoded, Encoded]:
    """FER+ training faces, each as it is and in an augmented view, and its test faces with their mirror images. Classes
    are what most of the crowd voted, positions in EMOTIONS.
    """
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    faces = [ferplus(data / f"faces/ferplus-{split}.parquet") for split in ("train", "test")]
    shown = [
        [faces[0].images, augmented(faces[0].images, rng)],
        [faces[1].images, faces[1].images[:, :, ::-1]],
    ]
    each = [[read(trunk, np.ascontiguousarray(view)) for view in views] for views in shown]
    axes = IdentityAxes(each[0][0][1])
    return tuple(  # type: ignore[return-value]
        Encoded(
            np.stack([maps for maps, _ in views], 1),
            np.stack([axes(features) for _, features in views], 1),
            majority(part).argmax(1),
        )
        for views, part in zip(each, faces, strict=True)
    )


def study(
    data: Path, trunk_file: Path, shares: Sequence[float] = SHARES, seeds: Sequence[int] = (0,)
) -> dict[str, object]:
    """Accuracy on FER+'s test faces by share of labels, with and without LEAF's unlabeled faces, one number a seed."""
    trunk = Trunk().eval().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    load_trunk(trunk, trunk_file)
    faces, test = crowd(data, trunk)
    report: dict[str, object] = {}
    for share in shares:
        reached: dict[str, list[float]] = {"supervised": [], "leaf": []}
        for seed in seeds:
            labeled = faces[some_of_each(faces.classes, share, np.random.default_rng(seed))]
            for name, unlabeled in (("supervised", None), ("leaf", faces)):
                torch.manual_seed(seed)
                network = Leaf(len(EMOTIONS))
                train(network, labeled, unlabeled, head=0, classes=len(EMOTIONS), seed=seed, steps=STEPS)
                logits = outputs(network, test)[0] + log_frequencies(labeled.classes, len(EMOTIONS))
                reached[name].append(float((logits.argmax(1) == test.classes).mean()))
            logger.info("share %.2f, seed %d: %s", share, seed, {name: round(v[-1], 4) for name, v in reached.items()})
        report[str(share)] = reached
    return report
