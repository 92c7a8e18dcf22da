import numpy as np
import pytest
from sklearn import metrics

from cer.fusion.calibration import calibration_error
from eval import scores
from eval.scores import confusion, macro_f1, score, uar, war, weighted_f1

LABELS = np.arange(5)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("occurring", [5, 3, 1])
def test_scores_agree_with_scikit_learn_even_when_classes_are_missing(seed: int, occurring: int) -> None:
    rng = np.random.default_rng(seed)
    truth, predicted = rng.integers(0, occurring, 200), rng.integers(0, 5, 200)
    counts = confusion(truth, predicted, 5)
    value = {"labels": LABELS, "zero_division": 0}
    assert float(macro_f1(counts)) == pytest.approx(
        metrics.f1_score(truth, predicted, average="macro", **value), abs=1e-12
    )
    assert float(weighted_f1(counts)) == pytest.approx(
        metrics.f1_score(truth, predicted, average="weighted", **value), abs=1e-12
    )
    occurs = np.unique(truth)
    assert float(uar(counts)) == pytest.approx(
        metrics.recall_score(truth, predicted, labels=occurs, average="macro"), abs=1e-12
    )
    assert float(war(counts)) == pytest.approx(metrics.accuracy_score(truth, predicted), abs=1e-12)


def test_without_items_every_score_is_zero() -> None:
    none = np.zeros(0, int)
    counts = confusion(none, none, 5)
    assert [float(measure(counts)) for measure in (macro_f1, uar, war, weighted_f1)] == [0, 0, 0, 0]
    assert calibration_error(np.zeros((0, 5)), none) == 0


def test_the_bootstrap_draws_clips_and_not_rows() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat(rng.integers(0, 2, 20), 50)
    right = np.repeat(rng.random(20) < 0.7, 50)
    probabilities = np.eye(2)[np.where(right, truth, 1 - truth)] * 0.8 + 0.1
    by_clip = score(probabilities, truth, np.repeat(np.arange(20), 50)).intervals["war"]
    by_row = score(probabilities, truth, np.arange(1000)).intervals["war"]
    assert by_clip[1] - by_clip[0] > 3 * (by_row[1] - by_row[0])
    assert by_clip[0] < right.mean() < by_clip[1]


def test_many_groups_are_drawn_as_few_are_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.random.default_rng(0).integers(0, 5, (300, 4)).astype(float)
    whole = scores.resampled(counts, seed=3)
    monkeypatch.setattr(scores, "MAX_CACHED_GROUPS", 90)
    np.testing.assert_array_equal(scores.resampled(counts, seed=3), whole)


def test_labels_may_be_decided_otherwise_and_calibration_stays_that_of_the_distributions() -> None:
    probabilities = np.tile([0.75, 0.25], (4, 1))
    truth, rare = np.array([0, 0, 0, 1]), np.ones(4, int)
    result = score(probabilities, truth, np.arange(4), predicted=rare)
    assert result.values["war"] == 0.25
    assert result.values["ece"] == pytest.approx(0.0)


def test_scores_of_many_confusions_at_once_are_those_of_each() -> None:
    several = np.random.default_rng(0).integers(0, 9, (5, 3, 3))
    for measure in (scores.macro_f1, scores.uar, scores.war, scores.weighted_f1):
        np.testing.assert_allclose(measure(several), [measure(counts) for counts in several])
    np.testing.assert_allclose(scores.f1_per_class(several)[2], scores.f1_per_class(several[2]))


def test_intervals_are_the_middle_95_percent_of_the_resamples() -> None:
    rng = np.random.default_rng(0)
    truth, groups = rng.integers(0, 2, 60), np.arange(60) // 2
    probabilities = rng.dirichlet(np.ones(2), 60)
    drawn = scores.resamples(30) @ scores.per_group(truth, probabilities.argmax(1), groups, 30, 2)
    accuracy = np.sort(drawn.reshape(-1, 2, 2).trace(axis1=1, axis2=2) / 60)
    low, high = scores.score(probabilities, truth, groups).intervals["war"]
    assert (accuracy < low).mean() <= 0.025 <= (accuracy <= low).mean()
    assert (accuracy < high).mean() <= 0.975 <= (accuracy <= high).mean()


def test_only_blends_are_scored_by_presence_and_salience() -> None:
    assert scores.measures_of(blends=False) == ("macro_f1", "uar", "war", "weighted_f1")
    assert scores.measures_of(blends=True)[4:] == ("acc_presence", "acc_salience")
    assert (scores.headline(blends=False), scores.headline(blends=True)) == ("macro_f1", "acc_presence")


@pytest.mark.parametrize(("truth", "predicted"), [([0, 1], [0, 7]), ([0, 1], [-1, 1]), ([7, 1], [0, 1])])
def test_a_label_outside_of_the_classes_is_refused(truth: list[int], predicted: list[int]) -> None:
    with pytest.raises(ValueError, match="labels go from 0 to 6"):
        confusion(np.array(truth), np.array(predicted), 7)
