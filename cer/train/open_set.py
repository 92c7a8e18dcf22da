"""Fits the open-set decision: neutral, one emotion or a blend, from how divided crowds were about FER+ faces.

A face is a blend where two emotions other than Neutral have at least 30 % of the votes each; else it is what most
voters said. No compound label is read: RAF-CE's blends, none of them seen, are what the setting is judged on.

    python -m cer.train.open_set --data DATA --out cer/weights
"""

import time

import numpy as np
from safetensors.numpy import save
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from cer.files import sha256_of
from cer.fusion.calibration import calibration_error
from cer.fusion.open_set import NEUTRAL, SINGLE, STATES, OpenSet, features
from cer.labels import EMOTIONS
from cer.modalities.base import softmax
from cer.train.cache import expressions
from cer.train.data import ferplus
from cer.train.publish import publish
from cer.train.script import arguments

DIVIDED = 0.3  # share of the votes that both emotions of a blend have
CLEAR = 0.8  # share of the votes on one emotion that leaves no doubt
PRIOR_SHARE = 0.5  # of the prior's log that is put back: all of it tells FER+ better, and starves fear and disgust
FALSE_ALARMS = 0.15  # share of clear faces that may be called a blend when a setting is judged


def states_of(votes: np.ndarray) -> np.ndarray:
    """Positions in STATES, int [N], of crowd votes float [N, 8] that sum to one."""
    others = np.sort(votes[:, 1:], axis=1)
    states = np.where(votes.argmax(1) == EMOTIONS.index("Neutral"), STATES.index(NEUTRAL), STATES.index(SINGLE))
    return np.where(others[:, -2] >= DIVIDED, 2, states)


def fit(fused: np.ndarray, votes: np.ndarray, log_prior: np.ndarray) -> OpenSet:
    """The decision that predicts the states of `votes` [N, 8] from prior-free distributions [N, 8]."""
    blank = OpenSet(np.zeros((3, 5), np.float32), np.zeros(3, np.float32), log_prior)
    model = LogisticRegression(C=1.0, max_iter=5000).fit(features(blank.with_prior(fused)), states_of(votes))
    return OpenSet(np.ascontiguousarray(model.coef_, np.float32), model.intercept_.astype(np.float32), log_prior)


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


def main() -> None:
    options = arguments(__doc__)
    started = time.monotonic()
    files = {split: options.data / f"faces/ferplus-{split}.parquet" for split in ("train", "validation", "test")}
    faces = {split: ferplus(file) for split, file in files.items()}
    fused = {split: softmax(expressions(faces[split].images, options.work).logits) for split in ("validation", "test")}
    majority = np.bincount(faces["train"].targets.argmax(1), minlength=len(EMOTIONS))
    log_prior = (PRIOR_SHARE * np.log(majority / majority.sum())).astype(np.float32)
    rules = fit(fused["validation"], faces["validation"].targets, log_prior)
    publish(
        options.out,
        "open_set.safetensors",
        save({"weights": rules.weights, "bias": rules.bias, "log_prior": rules.log_prior}),
        name="CER open-set decision",
        license="research use (FER+ terms)",
        run={
            "data": {file.name: sha256_of(file) for file in files.values()},
            "metrics": {split: measure(rules, fused[split], faces[split].targets) for split in fused},
            "seconds": round(time.monotonic() - started),
        },
    )


if __name__ == "__main__":
    main()
