"""Witnesses: modalities that rest on one source are one witness. What each source says, and what it adds."""

from dataclasses import dataclass, replace

import numpy as np

from cer.fusion.open_set import UNCLEAR, Statement
from cer.labels import EMOTIONS, MODALITIES
from cer.modalities.base import SOURCES
from cer.results.analysis import Analysis

CLOSE = 0.75  # of a source's strongest emotion; another that has so much is as good as equal
CLEAR_SHARE = 2 / len(EMOTIONS)  # of a source's strongest emotion: twice what each has when nothing speaks for any


@dataclass(frozen=True, slots=True)
class Witness:
    """One source in a segment, or in the clip.

    modalities: those of the source that are present. probabilities: float [8], their mean by weight. contribution:
    float [8], what the source adds to the fused distribution; the sources' sum is that distribution before its
    temperature. quality: float in (0, 1], of its best modality.
    """

    source: str
    modalities: tuple[str, ...]
    probabilities: np.ndarray
    contribution: np.ndarray
    quality: float

    @property
    def emotion(self) -> str:
        """What the source says."""
        return EMOTIONS[int(self.probabilities.argmax())]

    @property
    def emotions(self) -> tuple[str, ...]:
        """The same, and the next one where it is nearly as strong."""
        second, first = np.argsort(self.probabilities, kind="stable")[-2:]
        close = self.probabilities[second] >= CLOSE * self.probabilities[first]
        return (EMOTIONS[first], EMOTIONS[second]) if close else (EMOTIONS[first],)

    @property
    def clear(self) -> bool:
        """Whether it says anything: its strongest emotion stands out from eight that are equal."""
        return float(self.probabilities.max()) >= CLEAR_SHARE


def witnesses(analysis: Analysis, row: int | None = None) -> list[Witness]:
    """The sources that are present in segment `row`, or anywhere in the clip, in the order of SOURCES."""
    rows = np.arange(len(analysis.segments)) if row is None else np.array([row])
    return [witness for source in SOURCES if (witness := _witness(analysis, source, rows)) is not None]


def supported(analysis: Analysis) -> Analysis:
    """The analysis without the statements that no source makes: a mean of sources that contradict each other may lie on
    an emotion that none of them shows, and then nothing is stated (UNCLEAR).
    """
    return replace(
        analysis,
        statement=_supported(analysis, analysis.statement, None),
        statements=[_supported(analysis, statement, row) for row, statement in enumerate(analysis.statements)],
    )


def _supported(analysis: Analysis, statement: Statement, row: int | None) -> Statement:
    names = {name for name, _ in statement.emotions}
    if not names or any(names.intersection(witness.emotions) for witness in witnesses(analysis, row)):
        return statement
    return Statement(UNCLEAR, 1 - statement.confidence, ())


def _witness(analysis: Analysis, source: str, rows: np.ndarray) -> Witness | None:
    columns = [column for column, name in enumerate(MODALITIES) if analysis.sources[name] == source]
    if not columns:
        return None
    present = np.stack([analysis.predictions[MODALITIES[column]].present[rows] for column in columns], 1)
    if not present.any():
        return None
    decided = ~np.isnan(analysis.fused[rows]).any(1)
    probabilities = np.stack([analysis.predictions[MODALITIES[column]].probabilities[rows] for column in columns], 1)
    weights = analysis.weights[np.ix_(rows, np.array(columns))]
    total = np.einsum("smc,sm->c", np.where(present[..., None], probabilities, 0), weights * present)
    quality = analysis.outcome.quality[np.ix_(rows, np.array(columns))]
    return Witness(
        source,
        tuple(MODALITIES[column] for index, column in enumerate(columns) if present[:, index].any()),
        total / max(float(total.sum()), 1e-12),
        analysis.outcome.contributions[np.ix_(rows[decided], np.array(columns))].sum(1).mean(0),
        float(np.where(present, quality, 0).max(1)[present.any(1)].mean()),
    )
