"""Unweighted average recall: the mean recall over the classes that occur.

A module for `evaluate.load`; the card beside it tells the arguments.
"""

from typing import Any

import datasets
import evaluate
import numpy as np

from eval.scores import confusion, uar


class Uar(evaluate.Metric):  # type: ignore[misc]
    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="Unweighted average recall: the mean recall over the classes that occur.",
            citation="",
            inputs_description="predictions and references: class numbers, counted from 0.",
            features=datasets.Features({"predictions": datasets.Value("int64"), "references": datasets.Value("int64")}),
        )

    def _compute(self, predictions: Any, references: Any, classes: int) -> dict[str, float]:
        counts = confusion(np.asarray(references, int), np.asarray(predictions, int), classes)
        return {"uar": float(uar(counts))}
