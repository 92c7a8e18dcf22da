"""What is decided of the modalities' predictions, and stated of it about segments and the clip."""

from dataclasses import replace

import numpy as np
import pytest

from cer.fusion.compound import combine, pfsa, ppa
from cer.fusion.decision import Decision, Outcome, decision
from cer.fusion.mhpf import MHPF, average
from cer.fusion.open_set import COMPOUND, NEUTRAL, SINGLE, UNCLEAR
from cer.labels import EMOTIONS, MODALITIES


@pytest.fixture(scope="module")
def rules() -> Decision:
    return decision()


def inputs(segments: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Predictions, which are present, PFSA of each alone, and quality: the last segment has no modality."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(8), (segments, 6)).astype(np.float32)
    present = np.ones((segments, 6), bool)
    present[1, 2], present[-1] = False, False
    alone = rng.dirichlet(np.ones(7), (segments, 6)).astype(np.float32)
    alone[~present] = np.nan
    return probabilities, present, alone, rng.uniform(0.2, 1, (segments, 6)).astype(np.float32)


def test_the_fused_distribution_decides_by_ppa_and_pfsa_and_their_mixture(rules: Decision) -> None:
    probabilities, present, alone, quality = inputs()
    outcome = rules.decide(probabilities, present, alone, quality)
    fused = rules.fusion.fuse(probabilities, present, quality)
    weights = rules.fusion.weights(present, quality)
    np.testing.assert_array_equal(outcome.fused, fused)
    np.testing.assert_allclose(outcome.weights, weights.sum(2) / len(EMOTIONS), atol=1e-6)
    np.testing.assert_array_equal(outcome.contributions, rules.fusion.contributions(probabilities, present, quality))
    np.testing.assert_array_equal(outcome.ppa, ppa(fused))
    np.testing.assert_allclose(outcome.pfsa, pfsa(alone, weights.mean(2)), atol=1e-6)
    np.testing.assert_array_equal(outcome.compound, combine(outcome.ppa, outcome.pfsa))
    np.testing.assert_array_equal(outcome.states, rules.states(fused, present[:, 1]))
    np.testing.assert_array_equal(outcome.quality, quality)


def test_a_face_in_motion_is_judged_by_a_rule_of_its_own(rules: Decision) -> None:
    fused = np.random.default_rng(0).dirichlet(np.ones(8), 2).astype(np.float32)
    states = rules.states(fused, np.array([True, False]))
    np.testing.assert_array_equal(states[0], rules.moving.states(fused)[0])
    np.testing.assert_array_equal(states[1], rules.open_set.states(fused)[1])
    assert np.abs(rules.moving.states(fused) - rules.open_set.states(fused)).max() > 0.01


def test_quality_counts_as_one_where_none_is_known(rules: Decision) -> None:
    probabilities, present, alone, _ = inputs()
    outcome = rules.decide(probabilities, present, alone)
    np.testing.assert_array_equal(outcome.quality, np.ones((3, 6)))
    np.testing.assert_array_equal(outcome.fused, rules.fusion.fuse(probabilities, present))


def test_another_fusion_can_be_asked_for(rules: Decision) -> None:
    probabilities, present, alone, _ = inputs()
    equal: MHPF = average(len(MODALITIES))
    outcome = rules.decide(probabilities, present, alone, fusion=equal)
    mean = probabilities[0].mean(0)
    np.testing.assert_allclose(outcome.fused[0], mean / mean.sum(), atol=1e-6)


def test_where_nothing_is_present_nothing_is_decided(rules: Decision) -> None:
    outcome = rules.decide(*inputs())
    for values in (outcome.fused, outcome.ppa, outcome.pfsa, outcome.compound, outcome.states):
        assert np.isnan(values[-1]).all()
        assert not np.isnan(values[:-1]).any()


def stated(fused: np.ndarray, states: np.ndarray) -> Outcome:
    nothing = np.zeros(0, np.float32)
    return Outcome(fused, nothing, nothing, nothing, nothing, nothing, states, nothing)


def distribution(**shares: float) -> np.ndarray:
    """A distribution over the eight emotions with these shares; the rest is Neutral's."""
    values = np.zeros(8, np.float32)
    for name, share in shares.items():
        values[EMOTIONS.index(name)] = share
    values[0] = 1 - values.sum()
    return values


def test_anger_and_then_sadness_is_no_blend_of_both(rules: Decision) -> None:
    fused = np.stack([distribution(Anger=0.9), distribution(Anger=0.9), distribution(Sadness=0.9)])
    single = np.array([[0.1, 0.8, 0.1]] * 3, np.float32)
    clip, segments = rules.statements(stated(fused, single))
    assert [(each.state, each.emotions[0][0]) for each in segments] == [(SINGLE, "Anger")] * 2 + [(SINGLE, "Sadness")]
    assert (clip.state, clip.emotions) == (SINGLE, (("Anger", 1.0),))
    assert clip.probability == pytest.approx(0.8)


def test_the_clip_s_emotions_are_those_of_the_segments_of_its_state(rules: Decision) -> None:
    # Two segments of a blend and a longer calm: the state is the mean of the states, (0.3, 0.14, 0.56), and the
    # emotions are weighed by each segment's share of that state: Anger 0.9 x 0.4 + 0.1 x 0.4 against Sadness
    # 0.9 x 0.3 + 0.1 x 0.3.
    fused = np.stack([distribution(Anger=0.4, Sadness=0.3), distribution(Happiness=0.9)])
    states = np.array([[0.05, 0.05, 0.9], [0.55, 0.23, 0.22]], np.float32)
    clip, _ = rules.statements(stated(fused, states))
    assert clip.state == COMPOUND
    assert clip.probability == pytest.approx(0.56)
    weighed = {"Anger": 0.9 * 0.4, "Sadness": 0.9 * 0.3, "Happiness": 0.22 * 0.9}
    first, second = sorted(weighed, key=lambda name: -weighed[name])[:2]
    assert [name for name, _ in clip.emotions] == [first, second]
    assert clip.emotions[0][1] == pytest.approx(weighed[first] / (weighed[first] + weighed[second]), abs=1e-5)


def test_segments_without_evidence_do_not_count_for_the_clip(rules: Decision) -> None:
    fused = np.stack([np.full(8, np.nan, np.float32), distribution()])
    states = np.array([[np.nan] * 3, [0.9, 0.05, 0.05]], np.float32)
    clip, segments = rules.statements(stated(fused, states))
    assert segments[0].state == UNCLEAR
    assert (clip.state, clip.emotions) == (NEUTRAL, (("Neutral", 1.0),))
    assert clip.probability == pytest.approx(0.9)


def test_without_any_evidence_the_clip_is_unclear_for_certain(rules: Decision) -> None:
    nothing = np.full((2, 8), np.nan, np.float32)
    clip, segments = rules.statements(stated(nothing, np.full((2, 3), np.nan, np.float32)))
    assert (clip.state, clip.probability, clip.emotions) == (UNCLEAR, 1.0, ())
    assert [each.state for each in segments] == [UNCLEAR, UNCLEAR]


def test_the_open_set_answer_is_that_of_the_shipped_numbers(rules: Decision) -> None:
    fused = distribution(Happiness=0.97)[None]
    clip, _ = rules.statements(stated(fused, rules.open_set.states(fused)))
    assert clip.state == SINGLE
    assert clip.emotions == (("Happiness", 1.0),)
    flat = replace(rules.open_set, bias=rules.open_set.bias * 0, weights=rules.open_set.weights * 0)
    assert flat.states(fused)[0] == pytest.approx([1 / 3] * 3)
