import numpy as np

from cer.fusion.open_set import STATES
from cer.labels import EMOTIONS
from cer.train.face_corpora import LabeledFaces
from cer.train.open_set import fit, neutral_or_not, states_of, states_of_labels

FLAT = np.zeros(8, np.float32)


def labeled(*names: str) -> LabeledFaces:
    emotions = np.array([EMOTIONS.index(name) for name in names])
    return LabeledFaces(np.zeros((len(names), 4, 4, 3), np.uint8), emotions, np.array(names), np.ones(len(names), bool))


def made(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Distributions [3 N, 8] that are neutral, of one emotion and of two, and their states."""
    base = rng.dirichlet(np.full(8, 0.5), 3 * count) * 0.2
    for row in range(3 * count):
        first, second = rng.permutation(np.arange(1, 8))[:2]
        kind = row // count
        base[row] += 0.8 * (
            np.eye(8)[0] if kind == 0 else np.eye(8)[first] if kind == 1 else (np.eye(8)[first] + np.eye(8)[second]) / 2
        )
    return base.astype(np.float32), np.repeat(np.arange(3), count)


def test_a_crowd_divided_between_two_emotions_saw_a_blend() -> None:
    votes = np.zeros((4, 8))
    votes[0, [1, 6]] = 0.6, 0.4
    votes[1, [0, 1]] = 0.6, 0.4  # neutral and one emotion: no blend
    votes[2, [1, 6]] = 0.75, 0.25
    votes[3, [0, 1, 6]] = 0.4, 0.3, 0.3
    assert [STATES[state] for state in states_of(votes)] == ["compound", "neutral", "single", "compound"]


def test_a_label_leaves_open_whether_an_emotion_is_alone() -> None:
    assert states_of_labels(labeled("Neutral", "Anger")).tolist() == [[True, False, False], [False, True, True]]


def test_the_three_states_are_learned_from_votes() -> None:
    rng = np.random.default_rng(0)
    fused, states = made(rng, 200)
    rules = fit(fused, np.eye(3, dtype=bool)[states], np.ones(len(states)), FLAT)
    unseen, truth = made(rng, 200)
    assert (rules.states(unseen).argmax(1) == truth).mean() > 0.97


def test_labels_that_do_not_tell_one_from_two_leave_that_to_the_votes_and_move_neutral() -> None:
    """Half of what looks neutral to the models was labeled as an emotion elsewhere: neutral must get less sure."""
    rng = np.random.default_rng(0)
    fused, states = made(rng, 200)
    voted = np.eye(3, dtype=bool)[states]
    calm = fused[states == 0]
    labels = labeled(*["Neutral", "Anger"] * 100)
    alone = fit(fused, voted, np.ones(600), FLAT)
    both = fit(
        np.concatenate([fused, calm]),
        np.concatenate([voted, states_of_labels(labels)]),
        np.concatenate([np.ones(600), np.full(200, 3.0)]),
        FLAT,
    )
    assert both.states(calm)[:, 0].mean() < alone.states(calm)[:, 0].mean() - 0.15
    blends = fused[states == 2]
    assert (both.states(blends).argmax(1) == 2).mean() > 0.95
    assert neutral_or_not(both, calm, labels)["ece"] < neutral_or_not(alone, calm, labels)["ece"]
