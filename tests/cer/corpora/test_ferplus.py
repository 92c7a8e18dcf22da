from pathlib import Path

import numpy as np
import pandas as pd

from cer.corpora import corpus
from cer.corpora.ferplus import distributions
from cer.labels import EMOTIONS
from tests.cer.corpora.images import image

VOTES = [
    [4, 0, 6, 0, 0, 0, 0, 0, 0, 0],
    [1, 9, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 10, 0, 0],
    [1, 0, 0, 0, 0, 0, 0, 0, 9, 0],
]


def test_the_label_is_what_most_people_voted_for_and_there_is_none_when_they_did_not_know(tmp_path: Path) -> None:
    pd.DataFrame({"image": [image()] * 4, "votes": VOTES}).to_parquet(tmp_path / "ferplus-test.parquet")
    rows = corpus("ferplus").rows(tmp_path, "test")
    assert list(rows["label"]) == ["Surprise", "Happiness", "Other", None]
    assert list(rows["votes"]) == VOTES
    assert list(rows["id"]) == ["000000", "000001", "000002", "000003"]


def test_votes_become_a_distribution_in_the_projects_order() -> None:
    targets = distributions(np.array(VOTES[:3]))
    assert targets.dtype == np.float32
    np.testing.assert_allclose(targets[0][[0, EMOTIONS.index("Surprise")]], [0.4, 0.6])
    assert targets[1][EMOTIONS.index("Happiness")] == 1  # the lone vote for neutral is noise
    assert targets[2][EMOTIONS.index("Other")] == 1  # contempt
