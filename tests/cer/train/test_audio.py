import numpy as np
import pytest

from cer.labels import EMOTIONS
from cer.media.clip import SAMPLE_RATE
from cer.perception.voice_encoder import listen
from cer.perception.voice_statistics import STATISTICS_WIDTH, voice_statistics
from cer.train.audio import burst_kinds, item_weights, log_priors, predict, splits, train
from cer.train.discriminant import fit_discriminant
from cer.train.voices import Voices, augmented_view, clean_view


def make_voices(count: int = 60, seconds: float = 0.5) -> Voices:
    """Noise by two speakers of each of three corpora; Anger and Happiness in turn."""
    rng = np.random.default_rng(0)
    corpora = np.array(["ravdess", "nemo", "emogator"])[np.arange(count) % 3]
    emotions = np.arange(count) // 3 % 2 * 3 + 1
    return Voices(
        [(0.1 * rng.normal(size=int(seconds * SAMPLE_RATE))).astype(np.float32) for _ in range(count)],
        emotions,
        np.eye(len(EMOTIONS), dtype=np.float32)[emotions],
        corpora,
        np.array([f"{name}/{number % 5 % 2 + 1}" for number, name in enumerate(corpora)]),
        np.where(corpora == "emogator", "Amusement", ""),
        corpora == "emogator",
    )


def test_every_recording_gets_a_clean_and_a_changed_view() -> None:
    voices = make_voices(6)
    clean, changed = clean_view(voices), augmented_view(voices, np.random.default_rng(0))
    assert clean.shape == changed.shape == (6, STATISTICS_WIDTH)
    np.testing.assert_allclose(clean[0], voice_statistics(listen(voices.samples[0]), voices.samples[0]), atol=1e-4)
    assert (np.abs(changed - clean).max(1) > 0.01).all()


def test_the_head_learns_what_differs_between_voices() -> None:
    voices = make_voices()
    rng = np.random.default_rng(0)
    tone = rng.normal(size=STATISTICS_WIDTH)
    side = np.where(voices.emotions == 1, 1, -1)[:, None, None]
    statistics = (rng.normal(size=(60, 1, STATISTICS_WIDTH)) + side * tone).astype(np.float32)
    logits, distances, kinds = predict(train(statistics, voices, np.arange(60)), statistics[:, 0], voices.bursts)
    assert (logits.argmax(1) == voices.emotions).mean() > 0.9
    assert kinds.shape == (60, 5)
    assert distances.shape == (60,)


def test_corpora_count_as_they_should_and_a_class_a_corpus_lacks_is_discouraged() -> None:
    voices = make_voices()
    rows = np.arange(40)
    weights, priors = item_weights(voices, rows), log_priors(voices, rows)
    of = {name: weights[voices.corpora[rows] == name].sum() for name in ("ravdess", "nemo", "emogator")}
    assert of["emogator"] / of["nemo"] == pytest.approx(1.5)
    assert priors[0, 1] > priors[0, 0]
    assert np.exp(priors).sum(1) == pytest.approx(1)
    assert set(burst_kinds(voices, rows)) == {-1, 0}


def test_a_corpus_left_out_is_never_trained_on() -> None:
    voices = make_voices()
    for name in ("ravdess", "nemo", "emogator"):
        fit, test = splits_of(voices, name)
        assert not (voices.corpora[fit] == name).any()
        assert (voices.corpora[test] == name).all()


def splits_of(voices: Voices, corpus: str) -> tuple[np.ndarray, np.ndarray]:
    speakers = np.array([f"{name}/{number % 7 + 1}" for number, name in enumerate(voices.corpora)])
    many = Voices(
        voices.samples, voices.emotions, voices.targets, voices.corpora, speakers, voices.categories, voices.bursts
    )
    return splits(many)[f"left_out_{corpus}"]


def test_the_discriminant_by_hand() -> None:
    features = np.array([[1, 5], [-1, 5], [1, -5], [-1, -5]], np.float32)  # the corpora differ in the second feature
    emotions, corpora = np.array([0, 1, 0, 1]), np.array(["a", "a", "b", "b"])
    weights, bias = fit_discriminant(features, emotions, corpora, np.array(["a/1", "a/1", "b/1", "b/1"]), 3)
    np.testing.assert_allclose(
        weights, np.array([[0.5, -0.5, 0], [0, 0, 0]]), atol=1e-6
    )  # no spread: the ridge of 2 alone
    np.testing.assert_allclose(bias, [-0.25, -0.25, -30], atol=1e-6)
