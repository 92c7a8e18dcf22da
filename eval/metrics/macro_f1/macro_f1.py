"""Macro-F1: the mean F1 over a fixed list of classes.

A module for `evaluate.load`; the card beside it tells the arguments.
"""

from typing import Any

import datasets
import evaluate
import numpy as np

from eval.scores import confusion, macro_f1


class MacroF1(evaluate.Metric):  # type: ignore[misc]
    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="Macro-F1: the mean F1 over a fixed list of classes.",
            citation="",
            inputs_description="predictions and references: class numbers, counted from 0.",
            features=datasets.Features({"predictions": datasets.Value("int64"), "references": datasets.Value("int64")}),
        )

    def _compute(self, predictions: Any, references: Any, classes: int) -> dict[str, float]:
        counts = confusion(np.asarray(references, int), np.asarray(predictions, int), classes)
        return {"macro_f1": float(macro_f1(counts))}
