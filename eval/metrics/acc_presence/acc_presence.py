"""BLEMORE presence accuracy: the share of items with exactly the emotions that are present.

A module for `evaluate.load`; the card beside it tells the arguments.
"""

from typing import Any

import datasets
import evaluate

from eval.blends import acc_presence

_EMOTIONS = datasets.List({"emotion": datasets.Value("string"), "salience": datasets.Value("float64")})


class AccPresence(evaluate.Metric):  # type: ignore[misc]
    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="BLEMORE presence accuracy: the share of items with exactly the emotions that are present.",
            citation="",
            inputs_description="predictions and references: lists of emotions with their salience in percent.",
            features=datasets.Features({"predictions": _EMOTIONS, "references": _EMOTIONS}),
        )

    def _compute(self, predictions: Any, references: Any) -> dict[str, float]:
        return {"acc_presence": acc_presence(predictions, references)}
