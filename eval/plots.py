"""Plots of scores for the report and the page."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from cer.results.colors import COLORS
from eval.published import NAMES, Published
from eval.rungs import Rung
from eval.scores import Scores

_STYLES = ("-", "--", ":", "-.")
_BLUE, _GREY, _INK = "#0072B2", "#9a9a9a", "#222222"


def confusion_matrix(scores: Scores, classes: Sequence[str]) -> Figure:
    """Counts, shaded by the share of the true class."""
    counts = np.asarray(scores.confusion)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = Figure(figsize=(5.6, 4.8), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(counts.shape):
        color = "white" if shares[row, column] > 0.55 else _INK
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", fontsize=8, color=color)
    places = np.arange(len(classes))
    axes.set_xticks(places, classes, rotation=40, ha="right", fontsize=8)
    axes.set_yticks(places, classes, fontsize=8)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    return figure


def reliability_diagram(scores: Scores) -> Figure:
    """How often the strongest class is right, against its probability; the bars below say how many items a bin has."""
    figure = Figure(figsize=(4.2, 4.2), layout="constrained")
    upper, lower = figure.subplots(2, 1, height_ratios=(4, 1), sharex=True)
    bins = scores.reliability
    filled = bins[:, 2] > 0
    upper.plot([0, 1], [0, 1], color=_GREY, linewidth=1)
    upper.plot(bins[filled, 0], bins[filled, 1], marker="o", color=_BLUE)
    upper.set_xlim(0, 1)
    upper.set_ylim(0, 1)
    upper.set_ylabel("share that is right")
    upper.set_title(f"ECE {scores.values['ece']:.3f}", fontsize=10)
    edges = np.linspace(0, 1, len(bins) + 1)
    lower.bar((edges[:-1] + edges[1:]) / 2, bins[:, 2], width=0.9 / len(bins), color=_GREY)
    lower.set_xlabel("probability of the strongest class")
    lower.set_ylabel("items")
    return figure


def bars(views: Sequence[tuple[str, Scores]], published: Sequence[Published], measure: str = "macro_f1") -> Figure:
    """A measure of every view with its interval; published results below, in grey."""
    figure = Figure(figsize=(8, 0.6 + 0.3 * (len(views) + len(published))), layout="constrained")
    axes = figure.add_subplot()
    names = [name for name, _ in views] + [f"{entry.system} (published)" for entry in published]
    values = np.array([s.values[measure] for _, s in views] + [s.value(measure) or 0 for s in published])
    axes.barh(np.arange(len(names)), values, color=[_BLUE] * len(views) + [_GREY] * len(published))
    for row, (_, scores) in enumerate(views):
        axes.plot(scores.intervals[measure], [row, row], color=_INK, linewidth=1.5)
    axes.set_yticks(np.arange(len(names)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel(NAMES[measure])
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def steps(rungs: Sequence[Rung]) -> Figure:
    """The ladder: macro-F1 of every method with its interval, a color for what it learned from."""
    figure = Figure(figsize=(8, 0.8 + 0.3 * len(rungs)), layout="constrained")
    axes = figure.add_subplot()
    kinds = list(dict.fromkeys(rung.learned for rung in rungs))
    for kind, color in zip(kinds, COLORS, strict=False):
        rows = [row for row, rung in enumerate(rungs) if rung.learned == kind]
        axes.barh(rows, [rungs[row].macro_f1 for row in rows], color=color, label=kind)
    for row, rung in enumerate(rungs):
        axes.plot(rung.interval, [row, row], color=_INK, linewidth=1.5)
    axes.set_yticks(np.arange(len(rungs)), [rung.name for rung in rungs], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("macro-F1")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    return figure


def heat_map(rows: Mapping[str, np.ndarray], classes: Sequence[str]) -> Figure:
    """Probabilities [C] by name, a line each, shaded by their size."""
    figure = Figure(figsize=(7, 0.7 + 0.3 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    values = np.stack(list(rows.values())) if rows else np.zeros((1, len(classes)))
    axes.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in np.ndindex(values.shape):
        color = "white" if values[row, column] > 0.55 else _INK
        axes.text(column, row, f"{values[row, column]:.2f}", ha="center", va="center", fontsize=8, color=color)
    axes.set_xticks(np.arange(len(classes)), classes, fontsize=8)
    axes.set_yticks(np.arange(len(rows)), list(rows), fontsize=8)
    return figure


def coverage_curves(coverages: np.ndarray, curves: Mapping[str, np.ndarray]) -> Figure:
    """Accuracy when only the surest share of the items is answered: a curve [C] by name, at shares [C]."""
    figure = Figure(figsize=(7.5, max(4.0, 1.2 + 0.22 * len(curves))), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, values) in enumerate(curves.items()):
        color, style = COLORS[number % len(COLORS)], _STYLES[number // len(COLORS) % len(_STYLES)]
        axes.plot(coverages, values, color=color, linestyle=style, linewidth=1.5, label=name)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("share of the items that is answered, the surest first")
    axes.set_ylabel("accuracy of the answers")
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if curves:
        figure.legend(loc="outside right upper", fontsize=7, frameon=False)
    return figure
