"""Two runs of one corpus: is the difference more than chance?"""

from dataclasses import dataclass

import numpy as np

from cer.errors import DataError
from eval.finished import Run
from eval.results import restrict, values_of
from eval.scores import macro_f1, per_group, resamples

RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Difference:
    """macro-F1 of both runs; interval: 95 % of second less first from a paired bootstrap by clip; reversed_share: of
    the resamples in which the sign is not that of the difference.
    """

    view: str
    first: float
    second: float
    interval: tuple[float, float]
    reversed_share: float


def compare(first: Run, second: Run) -> list[Difference]:
    """Every view that both runs have. Raises DataError when they were not scored on the same items."""
    if first.result["data_sha256"] != second.result["data_sha256"]:
        raise DataError(
            f"{first.folder} and {second.folder}: were not scored on the same items, so they cannot be paired "
            f"({first.result['scored']} and {second.result['scored']} were scored)."
        )
    if first.corpus.multi_label:
        raise DataError(f"{first.folder}: {first.corpus.name} has several labels an item; compare pairs single labels.")
    size, groups = len(first.corpus.classes), len(first.targets.ids)
    draws = resamples(groups, RESAMPLES)
    lines = []
    for view in sorted(first.result["results"].keys() & second.result["results"].keys()):
        values, spread = [], []
        for counts in (_counts(run, view) for run in (first, second)):
            values.append(float(macro_f1(counts.sum(0).reshape(size, size))))
            spread.append(macro_f1((draws @ counts).reshape(RESAMPLES, size, size)))
        gaps = spread[1] - spread[0]
        low, high = np.percentile(gaps, [2.5, 97.5])
        against = float((np.sign(values[1] - values[0]) * gaps <= 0).mean()) if values[0] != values[1] else 0.0
        lines.append(Difference(view, values[0], values[1], (float(low), float(high)), against))
    return lines


def _counts(run: Run, view: str) -> np.ndarray:
    """Confusion counts of each clip, flat [G, C * C]; what a view does not see is in none."""
    mean = run.targets.average(values_of(run.corpus, run.table, view))
    scored = ~np.isnan(mean).any(1)
    predicted = restrict(mean[scored], run.corpus).argmax(1)
    return per_group(
        run.targets.truth[scored], predicted, run.targets.groups[scored], len(run.targets.ids), len(run.corpus.classes)
    )
