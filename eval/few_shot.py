"""How many labeled compounds match each method: RAF-CE's even pictures teach a few at a time, the odd ones are scored.

Two cheap ways to use them, both on the embeddings of the zero-shot face network: prototypes, which PFSA compares with
(what `cer adapt` makes of a user's own clips), and a linear classifier.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from cer.corpora import rafce
from cer.fusion.compound import Prototypes, cosines
from cer.fusion.decision import decision
from cer.labels import COMPOUNDS
from cer.perception.face_encoder import decode, encode
from cer.results.colors import COLORS
from eval.rungs import Rung
from eval.scores import confusion, macro_f1

COUNTS = (1, 5, 20, 50, 0)  # labeled faces of each class; 0 for all
SEEDS = 10
REGULARIZATION = 1e-3  # C of the linear classifier, chosen by folds of the even pictures


def few_shot(root: Path) -> dict[str, Any]:
    """Macro-F1 of both ways by number of labels: "counts", and for each count the values of all draws as "prototypes"
    and "linear". The last count is the mean number of all labels of a class.
    """
    (taught, answers), (faces, truth) = (_embedded(root, split) for split in ("even", "odd"))
    curves: dict[str, Any] = {"counts": [], "prototypes": [], "linear": []}
    for count in COUNTS:
        reached: dict[str, list[float]] = {"prototypes": [], "linear": []}
        for seed in range(SEEDS if count else 1):
            rows = some(answers, count, np.random.default_rng(seed))
            for name, predict in (("prototypes", by_prototypes), ("linear", by_line)):
                predicted = predict(taught[rows], answers[rows], faces)
                reached[name].append(float(macro_f1(confusion(truth, predicted, len(COMPOUNDS)))))
        curves["counts"].append(count or round(len(answers) / len(COMPOUNDS)))
        for name, values in reached.items():
            curves[name].append(values)
    return curves


def _embedded(root: Path, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Face embeddings float32 [N, 256] and compounds int [N] of RAF-CE's faces that show one of the seven."""
    items = rafce.rows(root, split)
    crops = np.stack([decode(image["bytes"]) for image in items["image"]])
    return encode(crops).embeddings, np.array([COMPOUNDS.index(label) for label in items["label"]])


def some(classes: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of `count` items of each class, all of a smaller one; every row for 0."""
    if not count:
        return np.arange(len(classes))
    return np.concatenate([rng.permutation(np.flatnonzero(classes == label))[:count] for label in np.unique(classes)])


def by_prototypes(taught: np.ndarray, answers: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """The nearest class mean by cosine, int [N], after the zero-shot center is taken off."""
    center = decision().prototypes["static_face"].center
    labels = np.unique(answers)
    means = np.stack([(taught[answers == label] - center).mean(0) for label in labels])
    return np.asarray(labels[cosines(faces, Prototypes(center, means, 1.0)).argmax(1)])


def by_line(taught: np.ndarray, answers: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """A logistic regression in which every class weighs alike, int [N]. Raises ModuleNotFoundError without
    scikit-learn, which comes with the extra `train`.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=REGULARIZATION, max_iter=500, class_weight="balanced"))
    return np.asarray(model.fit(taught, answers).predict(faces))


def matched_by(curves: Mapping[str, Any], climbed: Sequence[Rung]) -> str:
    """How many labels a class each way needs to reach each method, as a table."""
    lines = ["| to match | macro-F1 | labels a class, prototypes | labels a class, linear |", "|---|---|---|---|"]
    for rung in climbed:
        needs = [_needed(curves["counts"], curves[name], rung.macro_f1) for name in ("prototypes", "linear")]
        lines.append(f"| {rung.name} | {rung.macro_f1:.3f} | {needs[0]} | {needs[1]} |")
    return "\n".join(lines) + "\n"


def _needed(counts: Sequence[int], values: Sequence[Sequence[float]], level: float) -> str:
    enough = [count for count, each in zip(counts, values, strict=True) if np.mean(each) >= level]
    return str(enough[0]) if enough else f"more than {counts[-1]}"


def learning_curves(curves: Mapping[str, Any], climbed: Sequence[Rung]) -> Figure:
    """Both curves, with the spread over draws, and every method as a level."""
    figure = Figure(figsize=(7.5, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for name, color in zip(("prototypes", "linear"), COLORS, strict=False):
        values = [np.array(each) for each in curves[name]]
        means = np.array([each.mean() for each in values])
        spread = np.array([each.std() for each in values])
        axes.plot(curves["counts"], means, marker="o", color=color, label=name)
        axes.fill_between(curves["counts"], means - spread, means + spread, color=color, alpha=0.15, linewidth=0)
    for rung in climbed:
        axes.axhline(rung.macro_f1, color="#c8c8c8", linewidth=0.8, zorder=0)
        axes.annotate(rung.name, (1.01, rung.macro_f1), xycoords=("axes fraction", "data"), fontsize=6, va="center")
    axes.set_xscale("log")
    axes.set_xticks(curves["counts"], [str(count) for count in curves["counts"]])
    axes.set_xlabel("labeled faces of each compound expression")
    axes.set_ylabel("macro-F1")
    axes.set_ylim(0, 0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    return figure
