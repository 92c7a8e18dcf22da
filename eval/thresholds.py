"""Thresholds of a corpus with several labels an item, chosen on a run of its training split.

A threshold is chosen for each label alone: the one with the best mean over languages of that label's F1, each language
weighing as much as the label does in its macro-F1. Together they are the best for the macro-F1 of the run.
"""

from collections.abc import Sequence

import numpy as np

from cer.errors import DataError
from eval.finished import Run
from eval.multi_label import f1_of, in_trained, outcomes, restrict
from eval.results import values_of

GRID = np.round(np.arange(0.02, 0.601, 0.01), 2)


def choose(run: Run) -> dict[str, dict[str, float]]:
    """view -> label -> threshold. Only languages that the text head was trained on count, where its card declares any
    that the run has.

    Raises DataError for a corpus with one label an item.
    """
    corpus, targets = run.corpus, run.targets
    if corpus.thresholds is None or targets.languages is None:
        raise DataError(f"{run.folder}: {corpus.name} has no thresholds to choose.")
    chosen = {}
    for view in run.result["results"]:
        mean = targets.average(values_of(corpus, run.table, view))
        rows = ~np.isnan(mean).any(1)
        trained = in_trained(targets.languages, run.result["profile"])
        if trained is not None:
            rows &= trained
        restricted = restrict(mean[rows], targets.truth[rows], corpus)[:, corpus.columns]
        chosen[view] = _best(restricted, targets.truth[rows], targets.languages[rows], corpus.classes)
    return chosen


def _best(restricted: np.ndarray, truth: np.ndarray, languages: np.ndarray, classes: Sequence[str]) -> dict[str, float]:
    """label -> threshold for probabilities [N, L]."""
    totals = np.zeros((len(GRID), len(classes)))
    for name in sorted(set(languages)):
        rows = languages == name
        listed = (truth[rows] >= 0).any(0)
        for place, limit in enumerate(GRID):
            counts = outcomes(truth[rows], restricted[rows] >= limit).sum(0)
            totals[place] += np.where(listed, f1_of(counts), 0) / listed.sum()
    annotated = np.asarray((truth >= 0).any(0))  # in any language: a label that none of them lists has no threshold
    return {name: float(GRID[totals[:, k].argmax()]) for k, name in enumerate(classes) if annotated[k]}
