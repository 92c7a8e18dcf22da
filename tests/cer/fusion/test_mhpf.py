import numpy as np

from cer.fusion.mhpf import MHPF, average, subsets
from cer.labels import EMOTIONS, MODALITIES


def random_fusion(seed: int = 0) -> MHPF:
    rng = np.random.default_rng(seed)
    theta = rng.normal(size=(3, len(MODALITIES), len(EMOTIONS))).astype(np.float32)
    return MHPF(theta, rng.normal(size=3).astype(np.float32))


def test_two_rows_by_hand() -> None:
    # one class is followed: theta[h, m, 0]; two heads, two modalities, two classes
    theta = np.log(np.array([[[3, 1], [1, 1]], [[1, 1], [1, 3]]], np.float32))
    fusion = MHPF(theta, np.log(np.array([1, 3], np.float32)))  # head shares 1/4 and 3/4
    probabilities = np.array([[[0.8, 0.2], [0.4, 0.6]], [[0.8, 0.2], [0.4, 0.6]]], np.float32)
    present = np.array([[True, True], [False, True]])
    # W class 0: head 1 (3/4, 1/4), head 2 (1/2, 1/2) -> (1/4*3/4 + 3/4*1/2, ...) = (0.5625, 0.4375)
    # W class 1: head 1 (1/2, 1/2), head 2 (1/4, 3/4) -> (0.3125, 0.6875)
    # fused = (0.8*0.5625 + 0.4*0.4375, 0.2*0.3125 + 0.6*0.6875) = (0.625, 0.475), over their sum 1.1
    np.testing.assert_allclose(fusion.fuse(probabilities, present), [[0.625 / 1.1, 0.475 / 1.1], [0.4, 0.6]], atol=1e-6)


def test_absent_modalities_have_no_weight_and_the_present_ones_share_all_of_it() -> None:
    present = np.array([[True, False, True, False, False, True], [False, False, False, False, True, False]])
    weights = random_fusion().weights(present)
    assert (weights[~present] == 0).all()
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)


def test_what_an_absent_modality_holds_is_never_read() -> None:
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(8), (4, 6)).astype(np.float32)
    present = rng.random((4, 6)) < 0.5
    present[:, 0] = True
    spoiled = np.where(present[..., None], probabilities, np.nan)
    np.testing.assert_array_equal(random_fusion().fuse(spoiled, present), random_fusion().fuse(probabilities, present))


def test_the_temperature_is_that_of_how_many_are_present() -> None:
    # Equal weights of two: (0.8 + 0.4) / 2 = 0.6 against 0.4; squared 0.36 and 0.16. Alone, T = 1: as it was.
    probabilities = np.array([[[0.8, 0.2], [0.4, 0.6]]] * 2, np.float32)
    fusion = MHPF(np.zeros((1, 2, 2), np.float32), np.zeros(1, np.float32), np.array([1.0, 0.5], np.float32))
    fused = fusion.fuse(probabilities, np.array([[True, True], [False, True]]))
    np.testing.assert_allclose(fused, [[0.36 / 0.52, 0.16 / 0.52], [0.4, 0.6]], atol=1e-6)
    assert np.isnan(fusion.fuse(probabilities[:1], np.zeros((1, 2), bool))).all()


def test_two_modalities_of_one_source_count_once() -> None:
    sources = np.array([0, 0, 1])
    fusion = MHPF(np.zeros((1, 3, 2), np.float32), np.zeros(1, np.float32), np.array([1.0, 0.5], np.float32), sources)
    present = np.array([[True, True, False], [True, False, True], [True, True, True], [False, False, False]])
    assert fusion.sources_present(present).tolist() == [1, 2, 2, 0]
    fused = fusion.fuse(np.array([[[0.8, 0.2], [0.4, 0.6], [0.4, 0.6]]] * 4, np.float32), present)
    np.testing.assert_allclose(fused[0], [0.6, 0.4], atol=1e-6)  # one source: as its modalities' mean says
    np.testing.assert_allclose(fused[1], [0.36 / 0.52, 0.16 / 0.52], atol=1e-6)


def test_nothing_present_is_not_a_guess() -> None:
    fused = random_fusion().fuse(np.full((1, 6, 8), np.nan, np.float32), np.zeros((1, 6), bool))
    assert np.isnan(fused).all()


def test_equal_weights_are_the_mean() -> None:
    probabilities = np.random.default_rng(2).dirichlet(np.ones(8), (3, 6)).astype(np.float32)
    fused = average(6).fuse(probabilities, np.ones((3, 6), bool))
    np.testing.assert_allclose(fused, probabilities.mean(1), atol=1e-6)


def test_heads_that_are_very_sure_do_not_overflow_where_a_modality_is_absent() -> None:
    sure = MHPF(np.full((1, 2, 2), 1000, np.float32), np.zeros(1, np.float32))
    np.testing.assert_allclose(
        sure.weights(np.array([[True, False], [True, True]]))[:, 0], np.array([[1, 1], [0.5, 0.5]])
    )


def test_evidence_of_half_the_quality_has_half_the_weight() -> None:
    weights = average(2).weights(np.ones((1, 2), bool), np.array([[1.0, 0.5]]))
    np.testing.assert_allclose(weights[0, :, 0], [2 / 3, 1 / 3], atol=1e-6)


def test_the_subsets_of_three_small_ones_first() -> None:
    assert list(subsets((0, 2, 5))) == [(0,), (2,), (5,), (0, 2), (0, 5), (2, 5), (0, 2, 5)]
