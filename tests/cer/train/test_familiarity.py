import numpy as np
import pytest

from cer.train.familiarity import fit_familiarity


def test_distances_by_hand() -> None:
    features = np.zeros((4, 66))
    features[:, 0] = [3, 7, -2, 2]  # variance 4 inside each corpus, along the first feature alone
    features[:2, 1] = 6
    middles, directions, precision = fit_familiarity(features, np.array(["a", "a", "b", "b"]))
    np.testing.assert_allclose(middles[:, :3], [[5, 6, 0], [0, 0, 0]])

    def distance(around: np.ndarray) -> float:
        return float(precision * (around**2).sum() - ((around @ directions) ** 2).sum())

    along, across = np.eye(66)[[0, 5]]
    assert distance(along) == pytest.approx(1 / 4.1, rel=1e-5)  # its variance and the ridge of 0.1
    assert distance(across) == pytest.approx(10)
    assert distance(3 * across + along) == pytest.approx(90 + 1 / 4.1)
