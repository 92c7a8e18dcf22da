import numpy as np
import pytest

from cer.fusion.open_set import MIN_CONFIDENCE, STATES, OpenSet, features, salient
from cer.labels import EMOTIONS

#                     Neu   Ang  Dis  Fear  Hap  Sad   Sur  Oth
BLEND = np.array([0.2, 0.05, 0.0, 0.0, 0.36, 0.15, 0.24, 0.0], np.float32)
PLAIN = OpenSet(np.zeros((3, 5), np.float32), np.zeros(3, np.float32), np.zeros(8, np.float32))


def test_the_features_by_hand() -> None:
    # Neutral, then the strongest others: Happiness, Surprise, Sadness; Surprise's share of the first two: 0.24 / 0.6
    np.testing.assert_allclose(features(BLEND[None]), [[0.2, 0.36, 0.24, 0.15, 0.4]], atol=1e-6)


def test_every_emotion_but_neutral_counts_among_the_strongest() -> None:
    for index in range(1, len(EMOTIONS)):
        certain = np.eye(len(EMOTIONS))[index]
        np.testing.assert_array_equal(features(certain[None]), [[0, 1, 0, 0, 0]])


def test_the_features_of_a_purely_neutral_face_are_numbers() -> None:
    np.testing.assert_array_equal(features(np.eye(8)[:1]), [[1, 0, 0, 0, 0]])


def test_the_states_are_a_softmax_over_the_features_by_hand() -> None:
    weights = np.array([[2, 0, 0, 0, 0], [0, 1, -1, 0, 0], [0, 0, 0, 0, 5]], np.float32)
    rule = OpenSet(weights, np.array([0.1, 0.2, -1.0], np.float32), np.zeros(8, np.float32))
    raised = np.exp([2 * 0.2 + 0.1, 0.36 - 0.24 + 0.2, 5 * 0.4 - 1.0])
    states = rule.states(np.stack([BLEND, np.full(8, np.nan)]))
    np.testing.assert_allclose(states[0], raised / raised.sum(), atol=1e-6)
    assert np.isnan(states[1]).all()


def test_the_prior_is_put_in_by_hand() -> None:
    log_prior = np.log(np.array([2, 1, 1, 1, 0.5, 1, 1, 1], np.float32))
    rule = OpenSet(PLAIN.weights, PLAIN.bias, log_prior)
    # 0.4 + 0.05 + 0.18 + 0.15 + 0.24 = 1.02
    expected = np.array([0.4, 0.05, 0.0, 0.0, 0.18, 0.15, 0.24, 0.0]) / 1.02
    np.testing.assert_allclose(rule.with_prior(np.stack([BLEND, 2 * BLEND])), [expected, expected], atol=1e-6)
    assert (PLAIN.with_prior(np.array([[-0.5, *[0.5] * 7]])) >= 0).all()
    np.testing.assert_array_equal(PLAIN.with_prior(np.zeros((1, 8))), np.zeros((1, 8)))


@pytest.mark.parametrize("row", range(3))
def test_the_likeliest_state_is_stated_with_its_probability(row: int) -> None:
    states = np.full(3, 0.2)
    states[row] = 0.6
    statement = PLAIN.state(BLEND, states)
    assert statement.state == STATES[row]
    assert statement.probability == pytest.approx(0.6)
    assert statement.emotions == salient(BLEND, STATES[row])


def test_a_state_that_is_not_sure_enough_is_unclear_and_says_how_unsure() -> None:
    statement = PLAIN.state(BLEND, np.array([MIN_CONFIDENCE - 0.01, 0.3, 0.26]))
    assert (statement.state, statement.emotions) == ("unclear", ())
    assert statement.probability == pytest.approx(0.56)
    assert PLAIN.state(BLEND, np.array([MIN_CONFIDENCE, 0.3, 0.25])).state == "neutral"


def test_nothing_present_is_unclear_for_certain() -> None:
    for gaps in (np.full(8, np.nan), np.where(np.arange(8) == 3, np.nan, BLEND)):
        statement = PLAIN.state(gaps, np.full(3, np.nan))
        assert (statement.state, statement.probability, statement.emotions) == ("unclear", 1.0, ())


def test_the_salient_emotions_by_hand() -> None:
    assert salient(BLEND, "neutral") == (("Neutral", 1.0),)
    assert salient(BLEND, "single") == (("Happiness", 1.0),)
    (first, share), (second, rest) = salient(BLEND, "compound")
    assert (first, second) == ("Happiness", "Surprise")
    assert [share, rest] == pytest.approx([0.6, 0.4])


def test_the_salience_of_a_face_without_any_emotion_is_a_number() -> None:
    assert salient(np.eye(8)[0], "compound") == ((EMOTIONS[1], 0.0), (EMOTIONS[2], 1.0))


def test_the_confidence_in_a_statement_by_hand() -> None:
    # Anger 0.5 and Sadness 0.3 of 0.8 that is not Neutral, so a single Anger has 5/8 of the state's probability.
    fused = np.array([0.2, 0.5, 0, 0, 0, 0.3, 0, 0], np.float32)
    single = PLAIN.state(fused, np.array([0.1, 0.8, 0.1]))
    assert single.share == pytest.approx(0.625)
    assert single.confidence == pytest.approx(0.5)
    blend = PLAIN.state(fused, np.array([0.1, 0.1, 0.8]))
    assert blend.confidence == pytest.approx(0.8)
    neutral = PLAIN.state(fused, np.array([0.7, 0.2, 0.1]))
    assert neutral.confidence == neutral.probability == pytest.approx(0.7)
