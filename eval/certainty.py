"""What a word of certainty is worth: how often statements that are called a guess, likely or clear are right.

A statement is right when what is named is what the label says: Neutral, one emotion first of all, or both emotions of a
blend. Items about which nothing is stated count in no word.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cer.fusion.decision import decision
from cer.fusion.open_set import COMPOUND, UNCLEAR, Statement
from cer.labels import EMOTIONS, MODALITIES, PAIRS
from cer.results.wording import CERTAINTIES, certainty
from eval.finished import Run
from eval.tables import column

COLUMNS = ("run", "view", "stated", *CERTAINTIES)


@dataclass(frozen=True, slots=True)
class Certainties:
    """A view of a run. level: index into CERTAINTIES; confidence: float; right: bool, all [N], of N statements.
    items: how many items there are, those included about which nothing is stated.
    """

    run: str
    view: str
    items: int
    level: np.ndarray
    confidence: np.ndarray
    right: np.ndarray

    def cells(self) -> list[str]:
        """The values of COLUMNS: of each word the hit rate, the mean confidence and the number of statements."""
        words = []
        for level in range(len(CERTAINTIES)):
            rows = self.level == level
            if not rows.any():
                words.append("-")
                continue
            words.append(f"{self.right[rows].mean():.2f} for {self.confidence[rows].mean():.2f} ({rows.sum()})")
        return [self.run, self.view, f"{len(self.level)} of {self.items}", *words]


def is_right(statement: Statement, label: str, pair: tuple[int, int] | None) -> bool:
    """Whether a statement says what a label says: a basic emotion, or the two of a pair."""
    names = [name for name, _ in statement.emotions]
    if pair is None:
        return bool(names) and names[0] == label
    return statement.state == COMPOUND and set(names) == {EMOTIONS[index] for index in pair}


def certainties_of(run: Run) -> list[Certainties]:
    """Of the fused distribution and of every modality alone; none where items have several labels."""
    corpus, targets = run.corpus, run.targets
    if corpus.multi_label or corpus.blends:
        return []
    rules, entries = decision(), []
    in_motion = ~np.isnan(column(run.table, "dynamic_face")).any(1)
    for view in ("fused", *MODALITIES):
        values = column(run.table, view)
        if np.isnan(values).all():
            continue
        moving = in_motion & (view in ("fused", "dynamic_face"))
        fused, states = targets.average(values), targets.average(rules.states(values, moving))
        present = np.flatnonzero(~np.isnan(fused).any(1))
        statements = [rules.open_set.state(fused[row], states[row]) for row in present]
        rows = [row for row, statement in enumerate(statements) if statement.state != UNCLEAR]
        truths = [int(targets.truth[present[row]]) for row in rows]
        right = [
            is_right(statements[row], corpus.classes[truth], PAIRS[truth] if corpus.compound else None)
            for row, truth in zip(rows, truths, strict=True)
        ]
        confidence = np.array([statements[row].confidence for row in rows], np.float64)
        level = np.array([CERTAINTIES.index(certainty(value)) for value in confidence], int)
        entries.append(Certainties(run.name, view, len(targets.truth), level, confidence, np.array(right, bool)))
    return entries


def as_markdown(entries: Sequence[Certainties]) -> str:
    """A row for each view of each run: "0.85 for 0.91 (40)" are 40 statements, 85 % right, of mean confidence 0.91."""
    lines = ["| " + " | ".join(cells) + " |" for cells in (COLUMNS, *(entry.cells() for entry in entries))]
    return "\n".join([lines[0], "|---" * len(COLUMNS) + "|", *lines[1:]]) + "\n"
