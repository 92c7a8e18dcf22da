"""Expected calibration error.

A module for `evaluate.load`; the card beside it tells the arguments.
"""

from typing import Any

import datasets
import evaluate
import numpy as np

from cer.fusion.calibration import calibration_error


class Ece(evaluate.Metric):  # type: ignore[misc]
    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="Expected calibration error: the mean gap between confidence and accuracy.",
            citation="",
            inputs_description="predictions: distributions; references: class numbers, counted from 0.",
            features=datasets.Features(
                {"predictions": datasets.List(datasets.Value("float64")), "references": datasets.Value("int64")}
            ),
        )

    def _compute(self, predictions: Any, references: Any, bins: int = 15) -> dict[str, float]:
        if len(references) == 0:
            return {"ece": 0.0}
        return {"ece": calibration_error(np.asarray(predictions, float), np.asarray(references, int), bins)}
