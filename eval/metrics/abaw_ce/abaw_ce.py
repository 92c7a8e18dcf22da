"""ABAW compound expression score: macro-F1 over seven classes, every valid frame counting once.

A module for `evaluate.load`; the card beside it tells the arguments.
"""

from typing import Any

import datasets
import evaluate
import numpy as np

from eval.scores import confusion, macro_f1

CLASSES = 7


class AbawCe(evaluate.Metric):  # type: ignore[misc]
    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="ABAW compound expression score: macro-F1 over seven classes, every valid frame counting once.",
            citation="",
            inputs_description="predictions and references: class numbers, counted from 0.",
            features=datasets.Features({"predictions": datasets.Value("int64"), "references": datasets.Value("int64")}),
        )

    def _compute(self, predictions: Any, references: Any) -> dict[str, float]:
        truth, predicted = np.asarray(references, int), np.asarray(predictions, int)
        valid = (truth >= 0) & (truth < CLASSES)
        return {"abaw_ce": float(macro_f1(confusion(truth[valid], predicted[valid], CLASSES)))}
