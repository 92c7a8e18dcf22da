import numpy as np
import torch

from cer.fusion.calibration import calibration_error
from cer.fusion.mhpf import MHPF, average, subsets
from cer.labels import EMOTIONS, MODALITIES
from cer.train.fusion import Fusion, calibrated, certainly_below, gaps, macro_f1, prototypes_of, train
from cer.train.held_out import Pool, pair
from cer.train.predictions import Items


def sharp(emotions: np.ndarray, right: float, rng: np.random.Generator) -> np.ndarray:
    """Predictions [N, 8] that name the true emotion with probability `right`."""
    named = np.where(rng.random(len(emotions)) < right, emotions, rng.integers(0, 8, len(emotions)))
    return (0.1 / 8 + 0.9 * np.eye(8)[named]).astype(np.float32)


def items(right: list[float], count: int = 1600, seed: int = 0) -> Items:
    rng = np.random.default_rng(seed)
    emotions = np.arange(count) % 8
    probabilities = np.stack([sharp(emotions, share, rng) for share in right], 1)
    return Items(probabilities, np.ones((count, 6), bool), emotions)


def test_training_and_inference_are_the_same_equation() -> None:
    torch.manual_seed(0)
    network = Fusion()
    network.theta.data.normal_()
    network.beta.data.normal_()
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(8), (20, 6)).astype(np.float32)
    present = rng.random((20, 6)) < 0.5
    present[:, 2] = True
    by_torch = network(torch.from_numpy(probabilities), torch.from_numpy(present)).detach().numpy()
    np.testing.assert_allclose(network.plain().fuse(probabilities, present), by_torch, atol=1e-6)


def test_training_learns_whom_to_believe() -> None:
    made = items([0.9, 0.2, 0.2, 0.2, 0.2, 0.2])
    fusion = train(made, steps=300)
    weights = fusion.weights(np.ones((1, 6), bool))[0].mean(1)
    assert weights[0] > 2 * weights[1:].max()
    fresh = items([0.9, 0.2, 0.2, 0.2, 0.2, 0.2], seed=1)
    assert macro_f1(fusion, fresh, tuple(range(6))) >= macro_f1(fusion, fresh, (0,)) - 0.01


def test_there_are_63_subsets() -> None:
    result = list(subsets(range(len(MODALITIES))))
    assert len(result) == len(set(result)) == 63


def test_pairs_share_the_emotion_and_a_source_without_it_is_absent() -> None:
    rng = np.random.default_rng(0)
    emotions = np.repeat(np.arange(8), 10)
    faces = Pool(np.repeat(np.eye(8, dtype=np.float32)[emotions][:, None], 4, 1), emotions)
    voice_emotions = emotions[emotions != 7]
    voices = Pool(np.eye(8, dtype=np.float32)[voice_emotions][:, None], voice_emotions)
    probabilities, present, paired = pair({MODALITIES[:4]: faces, ("audio",): voices}, int(rng.integers(9)))
    assert (probabilities[:, 0].argmax(1) == paired).all()
    audible = present[:, MODALITIES.index("audio")]
    assert (audible == (paired != EMOTIONS.index("Other"))).all()
    assert (probabilities[audible][:, MODALITIES.index("audio")].argmax(1) == paired[audible]).all()
    assert not present[:, MODALITIES.index("text")].any()


def test_a_loss_that_every_draw_shows_is_told_from_chance() -> None:
    rng = np.random.default_rng(0)
    emotions = np.repeat(np.arange(8), 40)
    test: dict[tuple[str, ...], Pool] = {
        ("audio",): Pool(sharp(emotions, 0.9, rng)[:, None], emotions),
        ("text",): Pool(sharp(emotions, 0.3, rng)[:, None], emotions),
    }
    theta = np.zeros((1, 6, 8), np.float32)
    theta[:, MODALITIES.index("text")] = 8  # believes the worse of the two
    assert certainly_below(MHPF(theta, np.zeros(1, np.float32)), test) == ["audio + text"]
    theta[:, MODALITIES.index("text")] = -8
    assert certainly_below(MHPF(theta, np.zeros(1, np.float32)), test) == []


def test_prototypes_are_class_means_less_their_centre() -> None:
    pool = Pool(np.zeros((4, 1, 8)), np.array([1, 1, 3, 3]), np.array([[2.0, 0], [4, 0], [0, 2], [0, 4]], np.float32))
    result = prototypes_of(pool, pool)
    np.testing.assert_allclose(result.center, [1.5, 1.5])
    np.testing.assert_allclose(result.means[1], [1.5, -1.5])
    assert (result.means[0] == 0).all()


def test_calibration_brings_the_fused_confidence_to_its_accuracy() -> None:
    """Six sources that each know a little: their mean is far too unsure of what they know together."""
    rng = np.random.default_rng(0)
    emotions = rng.integers(0, 8, 4000)
    items = independent(rng, emotions)
    plain = average(6)
    honest = calibrated(plain, items, np.arange(6))
    before = calibration_error(plain.fuse(items.probabilities, items.present), emotions)
    after = calibration_error(honest.fuse(items.probabilities, items.present), emotions)
    assert before > 0.15
    assert after < 0.04
    assert honest.temperature is not None
    assert (np.diff(honest.temperature) < 0).all()


def test_modalities_that_read_one_face_do_not_make_each_other_surer() -> None:
    """Four copies of one prediction, beside a voice and words of their own."""
    rng = np.random.default_rng(0)
    emotions = rng.integers(0, 8, 4000)
    items = independent(rng, emotions)
    items.probabilities[:, 1:4] = items.probabilities[:, :1]
    honest = calibrated(average(6), items, np.array([0, 0, 0, 0, 1, 2]))
    assert honest.temperature is not None
    assert len(honest.temperature) == 3
    face = np.arange(6) < 4
    fused = honest.fuse(items.probabilities, np.tile(face, (4000, 1)))
    assert calibration_error(fused, emotions) < 0.04
    assert 0.9 < honest.temperature[0] < 1.3


def independent(rng: np.random.Generator, emotions: np.ndarray) -> Items:
    """Six modalities that know the emotion a little, each by itself, and honestly."""
    count = len(emotions)
    logits = rng.normal(size=(count, 6, 8)) + 1.0 * np.eye(8)[emotions][:, None]
    probabilities = np.exp(logits - logits.max(2, keepdims=True)).astype(np.float32)
    probabilities /= probabilities.sum(2, keepdims=True)
    return Items(probabilities, np.ones((count, 6), bool), emotions)


def test_a_subset_is_compared_with_its_members_on_the_items_that_all_of_them_see() -> None:
    """The second modality never sees class 7, where the first is always wrong: that alone is no loss of the pair."""
    row = items([0.6, 0.9, 0.1, 0.1, 0.1, 0.1])
    row.present[:, 2:] = False
    row.present[row.emotions == 7, 1] = False
    wrong = np.eye(8, dtype=np.float32)[np.zeros(len(row.emotions), int)]
    row.probabilities[row.emotions == 7, 0] = wrong[row.emotions == 7]
    theta = np.zeros((1, 6, 8), np.float32)
    theta[:, 1] = 8  # the pair listens to the second
    assert gaps(MHPF(theta, np.zeros(1, np.float32)), row) == {"static_face + dynamic_face": 0.0}
    theta[:, 1] = -8
    assert gaps(MHPF(theta, np.zeros(1, np.float32)), row)["static_face + dynamic_face"] < 0
