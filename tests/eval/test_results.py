from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from cer.corpora.meld import CORPUS, PRIOR
from eval.results import restrict, scores_of
from eval.targets import Targets


def test_the_prior_is_multiplied_back_to_the_power_that_is_asked_for() -> None:
    even = np.full((1, 8), 1 / 8)
    prior = np.array(list(PRIOR.values()))
    assert CORPUS.power == 0.5
    decided, honest = restrict(even, CORPUS)[0], restrict(even, CORPUS, power=1.0)[0]
    np.testing.assert_allclose(decided, np.sqrt(prior) / np.sqrt(prior).sum())
    np.testing.assert_allclose(honest, prior / prior.sum())
    assert restrict(even, replace(CORPUS, prior=None))[0] == pytest.approx(np.full(7, 1 / 7))


def test_labels_are_decided_by_the_corpus_power_and_calibration_is_judged_under_the_whole_prior() -> None:
    corpus = replace(CORPUS, classes=("Neutral", "Anger"), prior={"Neutral": 0.8, "Anger": 0.2}, power=0.5)
    item = csr_array(np.eye(1))
    targets = Targets(item, item, np.array([1]), np.array([0]), np.array(["a"]))
    result = scores_of(np.array([[0.3, 0.7, 0, 0, 0, 0, 0, 0]]), corpus, targets)
    assert result is not None
    assert result.values["war"] == 1  # 0.7 sqrt(0.2) = 0.31 is more than 0.3 sqrt(0.8) = 0.27
    assert result.values["ece"] == pytest.approx(0.24 / 0.38)  # but 0.3 x 0.8 = 0.24 claims more than 0.7 x 0.2 = 0.14
