from dataclasses import replace

import numpy as np
import pytest

from eval.corpora.meld import CORPUS, PRIOR
from eval.results import restrict


def test_the_prior_is_multiplied_back_to_the_power_that_is_asked_for() -> None:
    even = np.full((1, 8), 1 / 8)
    prior = np.array(list(PRIOR.values()))
    assert CORPUS.power == 0.5
    decided, honest = restrict(even, CORPUS)[0], restrict(even, CORPUS, power=1.0)[0]
    np.testing.assert_allclose(decided, np.sqrt(prior) / np.sqrt(prior).sum())
    np.testing.assert_allclose(honest, prior / prior.sum())
    assert restrict(even, replace(CORPUS, prior=None))[0] == pytest.approx(np.full(7, 1 / 7))
