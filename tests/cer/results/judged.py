"""Analyses with predictions of our own, decided by the shipped rules."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from cer.fusion.decision import decision
from cer.labels import EMOTIONS, MODALITIES
from cer.modalities.base import SegmentPrediction, collect
from cer.results.analysis import Analysis

Said = Mapping[str, Mapping[str, float] | str]  # modality -> emotion -> probability, or the reason of its absence


def distribution(emotions: Mapping[str, float]) -> np.ndarray:
    """[8]: the named probabilities, the rest spread over the others."""
    rest = (1 - sum(emotions.values())) / (len(EMOTIONS) - len(emotions))
    return np.array([emotions.get(name, rest) for name in EMOTIONS], np.float32)


def judged(analysis: Analysis, rows: list[Said]) -> Analysis:
    """`analysis` with the predictions of `rows`, one a segment; a modality that a row lacks is absent."""
    rows = [*rows, *[rows[-1]] * (len(analysis.segments) - len(rows))][: len(analysis.segments)]
    predictions = {}
    for name in MODALITIES:
        results: list[SegmentPrediction | str] = []
        for row in rows:
            value = row.get(name, "no face" if name != "audio" else "no speech")
            results.append(value if isinstance(value, str) else SegmentPrediction(distribution(value), None))
        predictions[name] = collect(results, None)
    rules = decision()
    present = np.stack([predictions[name].present for name in MODALITIES], 1)
    outcome = rules.decide(
        np.stack([predictions[name].probabilities for name in MODALITIES], 1),
        present,
        rules.similarities({}, len(present)),
    )
    statement, statements = rules.statements(outcome)
    return replace(
        analysis, predictions=predictions, outcome=outcome, statement=statement, statements=statements, warnings=()
    )
