"""The open-set decision of a run: neutral, single, compound or unclear, against what the labels allow to say."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cer.corpora.base import Corpus
from cer.fusion.decision import decision
from cer.fusion.open_set import STATES, UNCLEAR
from cer.labels import EMOTIONS, MODALITIES
from eval.tables import column
from eval.targets import Targets


@dataclass(frozen=True, slots=True)
class OpenSetScores:
    """counts: int [3, 4], items labeled neutral, single, compound (rows) by what is stated (STATES, columns). right:
    of the items stated to be single and labeled so, how many are of the right emotion.
    """

    view: str
    counts: np.ndarray
    right: int

    @property
    def answered(self) -> float:
        """Share of the items about which something is stated."""
        return 1 - float(self.counts[:, STATES.index(UNCLEAR)].sum() / max(self.counts.sum(), 1))

    @property
    def accuracy(self) -> float:
        """Share of the answered items whose state is right."""
        answered = self.counts[:, :3]
        return float(np.trace(answered) / max(answered.sum(), 1))


def open_set_scores(corpus: Corpus, table: pa.Table, targets: Targets) -> OpenSetScores | None:
    """The open-set decision on a run's fused distributions, or on its only modality's; None where an item has several
    labels, and for runs without predictions of basic emotions.
    """
    if corpus.multi_label or corpus.blends:
        return None
    views = [view for view in ("fused", *MODALITIES) if not np.isnan(column(table, view)).all()]
    if not views:
        return None
    rules = decision()
    values = column(table, views[0])
    moving = ~np.isnan(column(table, "dynamic_face")).any(1) & (views[0] in ("fused", "dynamic_face"))
    fused, states = targets.average(values), targets.average(rules.states(values, moving))
    counts, right = np.zeros((3, len(STATES)), int), 0
    for row, position in enumerate(targets.truth):
        if np.isnan(fused[row]).any():
            continue
        label = corpus.classes[position]
        truth = 2 if corpus.compound else int(label != EMOTIONS[0])
        statement = rules.open_set.state(fused[row], states[row])
        counts[truth, STATES.index(statement.state)] += 1
        right += truth == 1 and statement.state == STATES[1] and statement.emotions[0][0] == label
    return OpenSetScores(views[0], counts, right)


def open_set_table(scores: OpenSetScores) -> list[str]:
    """The decision's confusion as markdown."""
    text = [
        "",
        f"Open-set decision on `{scores.view}`: {100 * scores.answered:.1f} % answered, the state right in "
        f"{100 * scores.accuracy:.1f} % of the answers.",
        "",
        "| labeled | " + " | ".join(STATES) + " |",
        "|---" * (len(STATES) + 1) + "|",
    ]
    return text + [
        f"| {STATES[row]} | " + " | ".join(str(count) for count in counts) + " |"
        for row, counts in enumerate(scores.counts)
        if counts.any()
    ]
