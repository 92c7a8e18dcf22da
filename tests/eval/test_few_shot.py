import numpy as np
import pytest

from cer.fusion.decision import decision
from eval.few_shot import by_line, by_prototypes, matched_by, some
from eval.rungs import Rung


def clusters(count: int, spread: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings around seven places that are as far from the zero-shot center as faces are."""
    center = decision().prototypes["static_face"].center
    places = np.random.default_rng(0).standard_normal((7, 256)) * 0.3
    classes = np.arange(count) % 7
    noise = np.random.default_rng(seed).standard_normal((count, 256)) * spread
    return (center + places[classes] + noise).astype(np.float32), classes


@pytest.mark.parametrize("predict", [by_prototypes, by_line])
def test_few_examples_of_clear_classes_are_enough_for_both_ways(predict: object) -> None:
    taught, answers = clusters(21, 0.1, 1)
    faces, truth = clusters(70, 0.1, 2)
    assert (predict(taught, answers, faces) == truth).mean() > 0.95  # type: ignore[operator]


def test_as_many_of_each_class_as_asked_for_and_all_of_a_smaller_one() -> None:
    classes = np.array([0] * 10 + [1] * 3)
    assert np.bincount(classes[some(classes, 5, np.random.default_rng(0))]).tolist() == [5, 3]
    assert len(some(classes, 0, np.random.default_rng(0))) == 13


def test_the_first_count_that_reaches_a_method_is_named() -> None:
    rung = Rung("PPA", "basic emotions", 0.5, (0.4, 0.6), (0.5,), 0.0, (0.0, 0.0), 1.0)
    curves = {"counts": [1, 5, 20], "prototypes": [[0.2], [0.4, 0.6], [0.7]], "linear": [[0.1], [0.2], [0.3]]}
    assert "| PPA | 0.500 | 5 | more than 20 |" in matched_by(curves, [rung])
