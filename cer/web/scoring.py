"""The evaluation tab: a file of predictions and a file of labels to scores."""

from pathlib import Path
from typing import Any

import gradio as gr

from cer.results.document import as_json
from cer.web.watching import refuse, user_message_for
from cer.words import say, texts_of
from eval.plots import confusion_matrix, coverage_curves, reliability_diagram
from eval.scores import COVERAGES
from eval.tabular import Compared, compare_files


def _compared(predictions: str | None, labels: str | None) -> Compared:
    if not predictions or not labels:
        raise refuse(say("evaluation.none"))
    return compare_files(Path(predictions), Path(labels))


@user_message_for
def score_files(predictions: str | None, labels: str | None) -> list[Any]:
    """A summary in words, F1 of each class, the confusion matrix, a leaderboard row and, of probabilities, how true the
    confidence is: a reliability diagram, and the accuracy of the surest answers.
    """
    scores = _compared(predictions, labels)
    values, (low, high) = scores.scores.values, scores.scores.intervals["macro_f1"]
    summary = say(
        "evaluation.result",
        macro=f"{100 * values['macro_f1']:.2f}",
        low=f"{100 * low:.1f}",
        high=f"{100 * high:.1f}",
        uar=f"{100 * values['uar']:.2f}",
        war=f"{100 * values['war']:.2f}",
        scored=scores.scored,
        classes=len(scores.classes),
        unlabelled=scores.unlabelled,
        unpredicted=scores.unpredicted,
    )
    rows = [[name, round(100 * f1, 2), count] for name, f1, count in scores.per_class()]
    per_class = {"headers": texts_of("evaluation.columns"), "data": rows}
    name = Path(str(predictions)).stem
    sure: list[Any] = [gr.update(visible=False), None, None]
    if scores.calibrated:
        curve = coverage_curves(COVERAGES, {name: scores.coverage})
        sure = [gr.update(visible=True), reliability_diagram(scores.scores), curve]
    return [summary, per_class, confusion_matrix(scores.scores, scores.classes), scores.row(name), *sure]


@user_message_for
def evaluate(predictions: str, labels: str) -> str:
    """Scores of predicted expressions against labels: macro-F1, UAR, WAR with bootstrap intervals, F1 of each class.

    Args:
        predictions: CSV with the columns id and label, or id and one column of probabilities for each class; a
            predictions.parquet of the harness; or an ABAW submission
        labels: CSV with the columns id and label

    Returns:
        JSON: classes, scores, intervals, f1 by class, confusion, and how many ids were scored
    """
    return as_json(_compared(predictions, labels).to_dict())
