"""BLEMORE salience accuracy: the share of blends with both emotions and their salience.

A module for `evaluate.load`; the card beside it tells the arguments.
"""

from typing import Any

import datasets
import evaluate

from eval.blends import acc_salience

_EMOTIONS = datasets.List({"emotion": datasets.Value("string"), "salience": datasets.Value("float64")})


class AccSalience(evaluate.Metric):  # type: ignore[misc]
    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description="BLEMORE salience accuracy: the share of blends with both emotions and their salience.",
            citation="",
            inputs_description="predictions and references: lists of emotions with their salience in percent.",
            features=datasets.Features({"predictions": _EMOTIONS, "references": _EMOTIONS}),
        )

    def _compute(self, predictions: Any, references: Any) -> dict[str, float]:
        return {"acc_salience": acc_salience(predictions, references)}
