"""Wording: what an Analysis says in a sentence, and how times are written."""

import numpy as np

from cer.labels import COMPOUNDS, EMOTIONS
from cer.results.analysis import Analysis, mean_of_known


def clock(seconds: float) -> str:
    """Seconds as a player shows them: 0:04, 12:30, 1:02:03."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


_SPOKEN = {
    "static_face": "the face",
    "dynamic_face": "the face in motion",
    "scene_label": "the label match",
    "scene_context": "the scene",
    "audio": "the voice",
    "text": "the words",
}


def verdict(analysis: Analysis) -> str:
    """One sentence a person understands: what, when it is strongest, and which modalities agree."""
    overall, basic = analysis.overall, analysis.basic
    if overall is None or basic is None:
        return "Nothing to go by: " + "; ".join(_causes(analysis)) + "."
    label = COMPOUNDS[int(overall.argmax())]
    start, end = _strongest(analysis, int(overall.argmax()))
    lead = f"Mostly {label}, strongest from {clock(start)} to {clock(end)}"
    if EMOTIONS[int(basic.argmax())] == "Neutral":
        lead = f"Mostly neutral; if anything {label}, strongest from {clock(start)} to {clock(end)}"
    top = int(basic.argmax())
    agree = [
        _SPOKEN[name]
        for name, prediction in analysis.predictions.items()
        if (mean := mean_of_known(prediction.probabilities)) is not None and int(mean.argmax()) == top
    ]
    if len(agree) < 2:
        return f"{lead}; the modalities do not agree."
    return f"{lead}; {', '.join(agree[:-1])} and {agree[-1]} agree on {EMOTIONS[top]}."


def _strongest(analysis: Analysis, compound: int) -> tuple[float, float]:
    """The stretch of segments around the strongest one in which the compound expression stays above its mean."""
    values = np.nan_to_num(analysis.compound[:, compound])
    first = last = int(values.argmax())
    level = (values.mean() + values.max()) / 2
    while first > 0 and values[first - 1] >= level:
        first -= 1
    while last + 1 < len(values) and values[last + 1] >= level:
        last += 1
    return analysis.segments[first].start, analysis.segments[last].end


def _causes(analysis: Analysis) -> list[str]:
    """Why each modality is absent, every reason once."""
    return list(
        dict.fromkeys(reason for prediction in analysis.predictions.values() for reason in prediction.reasons if reason)
    )
