"""Fits the open-set decision: neutral, one emotion or a blend, from how divided crowds were about FER+ faces.

A face is a blend where two emotions other than Neutral have at least 30 % of the votes each; else it is what most
voters said. Faces of the press, the web and film have one label, no votes: they tell Neutral from the rest, as it is
away from home. It is fitted twice, to faces as images and to faces as the peak of a moving sequence, both as fusion
sees them: run it after `cer.train.fusion`. No compound label is read: RAF-CE's blends, none of them met, are what the
setting is judged on.

    python -m cer.train.open_set --data DATA --out cer/weights --work runs
"""

import time
from pathlib import Path

import numpy as np
from safetensors.numpy import save
from scipy.optimize import minimize
from sklearn.metrics import roc_auc_score

from cer.files import sha256_of
from cer.fusion.calibration import calibration_error
from cer.fusion.decision import decision
from cer.fusion.open_set import NEUTRAL, SINGLE, STATES, OpenSet, features
from cer.labels import EMOTIONS, MODALITIES
from cer.modalities import static_face
from cer.modalities.base import softmax
from cer.train.cache import expressions
from cer.train.data import ferplus
from cer.train.face_corpora import LabeledFaces, affectnet_like, film_stills, muxspace
from cer.train.held_out import FACE, of_faces
from cer.train.publish import publish
from cer.train.script import arguments

DIVIDED = 0.3  # share of the votes that both emotions of a blend have
CLEAR = 0.8  # share of the votes on one emotion that leaves no doubt
PRIOR_SHARE = 0.5  # of the prior's log that is put back: all of it tells FER+ better, and starves fear and disgust
FOREIGN_SHARE = 0.75  # of what is fitted to: labeled faces of the press, the web and film, each as much as FER+
PENALTY = 1e-5  # of the squared weights
FALSE_ALARMS = 0.15  # share of clear faces that may be called a blend when a setting is judged


def states_of(votes: np.ndarray) -> np.ndarray:
    """Positions in STATES, int [N], of crowd votes float [N, 8] that sum to one."""
    others = np.sort(votes[:, 1:], axis=1)
    states = np.where(votes.argmax(1) == EMOTIONS.index("Neutral"), STATES.index(NEUTRAL), STATES.index(SINGLE))
    return np.where(others[:, -2] >= DIVIDED, 2, states)


def states_of_labels(faces: LabeledFaces) -> np.ndarray:
    """Which STATES a label leaves possible, bool [N, 3]: Neutral is neutral, any other is one emotion or a blend."""
    neutral = faces.emotions == EMOTIONS.index("Neutral")
    return np.stack([neutral, ~neutral, ~neutral], 1)


def fit(fused: np.ndarray, possible: np.ndarray, share: np.ndarray, log_prior: np.ndarray) -> OpenSet:
    """The decision under which the possible states are likely.

    Args:
        fused: prior-free distributions [N, 8].
        possible: bool [N, 3], which of STATES each may be.
        share: [N], how much each counts.
        log_prior: float32 [8].
    """
    blank = OpenSet(np.zeros((3, 5), np.float32), np.zeros(3, np.float32), log_prior)
    inputs = features(blank.with_prior(fused)).astype(np.float64)
    share = share / share.sum()

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = flat[:15].reshape(3, 5), flat[15:]
        states = softmax(inputs @ weights.T + bias)
        right = (states * possible).sum(1)
        slope = states - states * possible / right[:, None]  # of -log(right) by the three logits
        slope *= share[:, None]
        value = -(share * np.log(right)).sum() + PENALTY * (weights**2).sum()
        return float(value), np.concatenate([(slope.T @ inputs + 2 * PENALTY * weights).ravel(), slope.sum(0)])

    solution = minimize(loss, np.zeros(18), jac=True, method="L-BFGS-B", options={"maxiter": 2000}).x.astype(np.float32)
    return OpenSet(np.ascontiguousarray(solution[:15].reshape(3, 5)), solution[15:].copy(), log_prior)


def fused_views(images: np.ndarray, targets: np.ndarray, work: Path) -> np.ndarray:
    """Fused distributions [2, N, 8] of faces: as images, and as the peak of a moving sequence."""
    pool, _ = of_faces(images, targets, work, np.random.default_rng(0))
    views = []
    for names, predictions in (
        (("static_face",), static_face.probabilities(expressions(images, work).logits)[:, None]),
        (FACE, pool.probabilities),
    ):
        columns = np.array([MODALITIES.index(name) for name in names])
        probabilities = np.zeros((len(images), len(MODALITIES), len(EMOTIONS)), np.float32)
        probabilities[:, columns] = predictions
        present = np.isin(np.arange(len(MODALITIES)), columns)[None].repeat(len(images), 0)
        views.append(decision().fusion.fuse(probabilities, present))
    return np.stack(views)


def measure(rules: OpenSet, fused: np.ndarray, votes: np.ndarray) -> dict[str, float]:
    """How well the states of `votes` [N, 8] are told from distributions [N, 8]."""
    states, truth = rules.states(fused), states_of(votes)
    return {
        "accuracy": float((states.argmax(1) == truth).mean()),
        "ece": calibration_error(states, truth),
        "blend_auc": float(roc_auc_score(truth == 2, states[:, 2])),
        "divided_auc": float(roc_auc_score(np.sort(votes, axis=1)[:, -2] >= DIVIDED, states[:, 2])),
        "clear_faces_threshold": float(np.quantile(states[votes.max(1) >= CLEAR, 2], 1 - FALSE_ALARMS)),
    }


def neutral_or_not(rules: OpenSet, fused: np.ndarray, faces: LabeledFaces) -> dict[str, float]:
    """How well Neutral is told from the rest on labeled faces, from distributions [N, 8]."""
    neutral = rules.states(fused)[:, 0]
    truth = faces.emotions == EMOTIONS.index("Neutral")
    return {
        "accuracy": float(((neutral > 0.5) == truth).mean()),
        "ece": calibration_error(np.stack([neutral, 1 - neutral], 1), np.where(truth, 0, 1)),
    }


def main() -> None:
    options = arguments(__doc__)
    started = time.monotonic()
    folder = options.data / "faces"
    files = {split: folder / f"ferplus-{split}.parquet" for split in ("train", "validation", "test")}
    crowds = {split: ferplus(file) for split, file in files.items()}
    press, web, film = (folder / f"{name}.parquet" for name in ("muxspace", "affectnet-like", "film-stills"))
    labeled = [
        muxspace(press, options.work)[1],
        affectnet_like(web, options.work)[1],
        film_stills(film, options.work),
    ]
    majority = np.bincount(crowds["train"].targets.argmax(1), minlength=len(EMOTIONS))
    log_prior = (PRIOR_SHARE * np.log(majority / majority.sum())).astype(np.float32)
    fused = {
        split: fused_views(crowds[split].images, crowds[split].targets, options.work)
        for split in ("validation", "test")
    }
    away = [fused_views(faces.images, faces.targets, options.work) for faces in labeled]
    voted = np.eye(3, dtype=bool)[states_of(crowds["validation"].targets)]
    parts = [(fused["validation"], voted, 1 - FOREIGN_SHARE)]
    parts += [
        (views, states_of_labels(faces), FOREIGN_SHARE / len(away)) for views, faces in zip(away, labeled, strict=True)
    ]
    still, moving = (
        fit(
            np.concatenate([views[view] for views, _, _ in parts]),
            np.concatenate([possible for _, possible, _ in parts]),
            np.concatenate([np.full(len(possible), share / len(possible)) for _, possible, share in parts]),
            log_prior,
        )
        for view in range(2)
    )
    stored = {"weights": still.weights, "bias": still.bias, "log_prior": log_prior}
    stored |= {"moving.weights": moving.weights, "moving.bias": moving.bias}
    publish(
        options.out,
        "open_set.safetensors",
        save(stored),
        name="CER open-set decision",
        license="research use (FER+ terms)",
        run={
            "data": {file.name: sha256_of(file) for file in [*files.values(), press, web, film]},
            "metrics": {
                f"{split} {view}": measure(rules, distributions, crowds[split].targets)
                for split, views in fused.items()
                for view, rules, distributions in zip(("image", "moving"), (still, moving), views, strict=True)
            }
            | {
                f"{name} {view}": neutral_or_not(rules, distributions, faces)
                for name, views, faces in zip(("press", "web", "film"), away, labeled, strict=True)
                for view, rules, distributions in zip(("image", "moving"), (still, moving), views, strict=True)
            },
            "seconds": round(time.monotonic() - started),
        },
    )


if __name__ == "__main__":
    main()
