import numpy as np
import torch

from cer.train.supervised import leaf
from cer.train.supervised.curriculum import outputs
from cer.train.supervised.leaf import Experts, agreement, decouple, some_of_each, train
from cer.train.supervised.members import Linear
from tests.cer.train.supervised.made import encoded


def test_a_prediction_is_parted_into_what_a_face_may_be_and_what_it_is_not() -> None:
    pseudo = decouple(torch.tensor([[0.6, 0.3, 0.08, 0.02], [0.25, 0.25, 0.25, 0.25]]))
    torch.testing.assert_close(pseudo.positive[0], torch.tensor([2 / 3, 1 / 3, 0, 0]))
    assert pseudo.negative[0].tolist() == [False, False, True, True]
    torch.testing.assert_close(pseudo.weight, torch.tensor([0.9 * 0.6, 0.0]))  # the second is not sure enough


def test_agreeing_costs_least_where_the_other_view_says_the_same() -> None:
    pseudo = decouple(torch.tensor([[0.6, 0.3, 0.08, 0.02]]))
    same = agreement(torch.log(torch.tensor([[0.66, 0.32, 0.01, 0.01]])), pseudo)
    negative = agreement(torch.log(torch.tensor([[0.4, 0.2, 0.39, 0.01]])), pseudo)
    other = agreement(torch.log(torch.tensor([[0.1, 0.88, 0.01, 0.01]])), pseudo)
    assert same < negative
    assert same < other


def test_two_of_the_experts_count() -> None:
    torch.manual_seed(0)
    experts = Experts(8, experts=4, chosen=2).eval()
    x = torch.randn(5, 8)
    weakest = experts.gate(x).argsort(1)[:, :2]
    before = experts(x)
    with torch.no_grad():
        for expert in experts.experts:
            expert[2].bias += 1.0  # type: ignore[index]
    moved = experts(x) - before  # the two shares sum to one
    torch.testing.assert_close(moved, torch.ones_like(moved))
    assert weakest.shape == (5, 2)


def test_unlabeled_faces_help_where_labels_are_few() -> None:
    faces = encoded([0, 1, 2] * 40, strength=0.25, seed=3)
    test = encoded([0, 1, 2] * 30, strength=0.25, seed=4)
    labeled = faces[some_of_each(faces.classes, 0.025, np.random.default_rng(0))]
    assert len(labeled) == 3
    reached = []
    for unlabeled in (None, faces):
        torch.manual_seed(0)
        network = train(Linear(3), labeled, unlabeled, 0, 3, seed=0, steps=120)
        reached.append((outputs(network, test)[0].argmax(1) == test.classes).mean())
    assert reached[1] > reached[0] + 0.02, reached


def test_a_share_of_each_class_and_never_none() -> None:
    classes = np.array([0] * 100 + [1] * 3)
    rows = some_of_each(classes, 0.1, np.random.default_rng(0))
    assert np.bincount(classes[rows]).tolist() == [10, 1]
    assert leaf.log_frequencies(np.array([0, 0, 0, 1]), 2).tolist() == [
        np.float32(np.log(0.75)),
        np.float32(np.log(0.25)),
    ]
