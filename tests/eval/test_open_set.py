"""The open-set decision of a run, on rows made here."""

import numpy as np

from cer.corpora import corpus
from cer.labels import EMOTIONS
from eval.open_set import open_set_scores, open_set_table
from eval.tables import table_of
from eval.targets import targets_of


def face(**emotions: float) -> list[float]:
    rest = (1 - sum(emotions.values())) / (len(EMOTIONS) - len(emotions))
    return [emotions.get(name, rest) for name in EMOTIONS]


def test_labels_say_neutral_or_single_and_the_decision_is_counted_against_them() -> None:
    rows = [
        ("a", "Neutral", face(Neutral=0.95)),
        ("b", "Happiness", face(Happiness=0.97)),
        ("c", "Happiness", face(Sadness=0.97)),
    ]
    table = table_of([{"id": n, "start": 0.0, "end": 0.0, "label": label, "static_face": p} for n, label, p in rows])
    ferplus = corpus("ferplus")
    scores = open_set_scores(ferplus, table, targets_of(ferplus, table, None))
    assert scores is not None
    np.testing.assert_array_equal(scores.counts, [[1, 0, 0, 0], [0, 2, 0, 0], [0, 0, 0, 0]])
    assert (scores.accuracy, scores.answered, scores.right) == (1, 1, 1)
    assert "| single | 0 | 2 | 0 | 0 |" in open_set_table(scores)


def test_compound_labels_are_blends() -> None:
    table = table_of(
        [{"id": "a", "start": 0.0, "end": 0.0, "label": "Sadly Angry", "static_face": face(Sadness=0.49, Anger=0.48)}]
    )
    rafce = corpus("rafce")
    scores = open_set_scores(rafce, table, targets_of(rafce, table, None))
    assert scores is not None
    assert scores.counts[2].tolist() == [0, 0, 1, 0]
