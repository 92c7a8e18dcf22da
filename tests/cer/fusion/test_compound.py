import numpy as np

from cer.fusion.compound import Prototypes, combine, pfsa, pfsa_of, ppa, similarities
from cer.labels import COMPOUNDS


def test_ppa_by_hand() -> None:
    #                 Neu  Ang  Dis  Fear  Hap  Sad  Sur  Oth
    fused = np.array([[0.1, 0.0, 0.0, 0.3, 0.0, 0.1, 0.5, 0.0]], np.float32)
    # pairs: F+Su .8, H+Su .5, Sa+Su .6, D+Su .5, A+Su .5, Sa+F .4, Sa+A .1; sum 3.4
    np.testing.assert_allclose(ppa(fused)[0], np.array([0.8, 0.5, 0.6, 0.5, 0.5, 0.4, 0.1]) / 3.4, atol=1e-6)


def test_ppa_of_a_purely_neutral_face_prefers_no_pair_and_of_nothing_is_nothing() -> None:
    rows = np.array([[1, 0, 0, 0, 0, 0, 0, 0], [np.nan] * 8], np.float32)
    result = ppa(rows)
    np.testing.assert_allclose(result[0], 1 / 7, atol=1e-6)
    assert np.isnan(result[1]).all()


def axes(temperature: float = 0.5) -> Prototypes:
    """Prototypes along the axes: cosines can be read off."""
    return Prototypes(np.zeros(8, np.float32), np.eye(8, dtype=np.float32), temperature)


def test_pfsa_by_hand() -> None:
    embedding = np.zeros((1, 8), np.float32)
    embedding[0, 3], embedding[0, 6] = 3, 4  # Fear 0.6, Surprise 0.8
    raised = np.exp(np.array([1.4, 0.8, 0.8, 0.8, 0.8, 0.6, 0.0]) / 0.5)
    np.testing.assert_allclose(pfsa_of(embedding, axes())[0], raised / raised.sum(), atol=1e-6)


def test_pfsa_compares_with_the_centre_taken_off() -> None:
    shifted = Prototypes(np.full(8, 5, np.float32), np.eye(8, dtype=np.float32), 0.5)
    embedding = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    np.testing.assert_allclose(pfsa_of(embedding + 5, shifted), pfsa_of(embedding, axes()), atol=1e-5)


def test_pfsa_averages_present_modalities_by_their_weight() -> None:
    names = ("static_face", "audio", "text")
    fear, anger = np.eye(8, dtype=np.float32)[[3]], np.eye(8, dtype=np.float32)[[1]]
    both = {"static_face": np.concatenate([fear, fear]), "audio": np.concatenate([anger, np.full((1, 8), np.nan)])}
    weights = np.array([[0.3, 0.1, 0.6], [0.5, 0.0, 0.5]])
    result = pfsa(similarities(both, {"static_face": axes(), "audio": axes()}, names, len(weights)), weights)
    expected = 0.75 * pfsa_of(fear, axes())[0] + 0.25 * pfsa_of(anger, axes())[0]
    np.testing.assert_allclose(result[0], expected, atol=1e-6)
    np.testing.assert_allclose(result[1], pfsa_of(fear, axes())[0], atol=1e-6)


def test_pfsa_without_any_embedding_is_absent_and_leaves_the_decision_to_ppa() -> None:
    nothing = pfsa(similarities({}, {}, ("audio",), 1), np.ones((1, 1)))
    assert np.isnan(nothing).all()
    by_probability = np.full((1, len(COMPOUNDS)), 1 / 7, np.float32)
    np.testing.assert_array_equal(combine(by_probability, nothing, 0.5), by_probability)


def test_the_decision_mixes_both() -> None:
    a, b = np.eye(7, dtype=np.float32)[[0]], np.eye(7, dtype=np.float32)[[1]]
    np.testing.assert_allclose(combine(a, b, 0.25)[0, :2], [0.75, 0.25])


def test_ppa_of_a_nearly_neutral_face_is_a_distribution() -> None:
    fused = np.array([[0.9, 0, 0, 0, 0, 0, 0.1, 0]], np.float32)  # Surprise is a part of five pairs
    np.testing.assert_allclose(ppa(fused)[0], [0.2, 0.2, 0.2, 0.2, 0.2, 0, 0], atol=1e-6)


def test_pfsa_compares_directions_whatever_the_lengths() -> None:
    embedding = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
    long = Prototypes(np.zeros(8, np.float32), np.diag(np.arange(2, 10).astype(np.float32)), 0.5)
    for scale in (0.01, 100):
        np.testing.assert_allclose(pfsa_of(scale * embedding, long), pfsa_of(embedding, axes()), atol=1e-5)
