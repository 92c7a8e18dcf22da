import numpy as np
import pytest
import torch

from cer.train.supervised import curriculum
from cer.train.supervised.curriculum import Material, chances, easiest_first, log_prior, outputs, train
from cer.train.supervised.faces import Encoded
from cer.train.supervised.members import Linear, Member
from tests.cer.train.supervised.made import BLOCK, encoded


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curriculum, "STEPS", dict.fromkeys(curriculum.STEPS, 150))
    monkeypatch.setattr(curriculum, "RATES", dict.fromkeys(curriculum.RATES, 1e-2))
    monkeypatch.setattr(curriculum, "BATCH", 16)


def test_the_stages_come_in_order_and_the_last_one_knows_the_labeled_compounds() -> None:
    torch.manual_seed(0)
    material = Material(encoded(list(range(7)) * 8), encoded(list(range(14)) * 4), encoded(list(range(14)) * 8))
    stages = []
    network = train(Linear(), material, 0, lambda stage, network: stages.append(stage))
    assert stages == ["singles", "composed", "labeled"]
    test = encoded(list(range(14)), seed=1)
    assert (outputs(network, test)[1].argmax(1) == test.classes).mean() > 0.9


def test_after_the_first_stage_no_compound_label_was_read() -> None:
    torch.manual_seed(0)
    material = Material(encoded(list(range(7)) * 30), encoded(list(range(14))), encoded([0] * 14))
    stages: dict[str, np.ndarray] = {}

    def watch(stage: str, network: Member) -> None:
        stages[stage] = outputs(network, encoded(list(range(7)), seed=1))[0].argmax(1)

    train(Linear(), material, 0, watch)
    np.testing.assert_array_equal(stages["singles"], np.arange(7))


def test_easy_faces_come_first_and_every_class_is_among_them() -> None:
    torch.manual_seed(0)
    faces = encoded([0, 1] * 10)
    hard = encoded([0, 1] * 10, strength=0.0, seed=2)
    both = Encoded(
        np.concatenate([hard.maps, faces.maps]),
        np.concatenate([hard.embeddings, faces.embeddings]),
        np.concatenate([hard.classes, faces.classes]),
    )
    network = Linear().eval()
    with torch.no_grad():
        network.compounds.weight.zero_()
        network.compounds.weight[0, :BLOCK] = network.compounds.weight[1, BLOCK : 2 * BLOCK] = 0.1
    ordered = easiest_first(network, both)
    strong = ordered.embeddings[:, 0, : 2 * BLOCK].max(1) > 1.5
    assert strong[:10].all()
    assert set(ordered.classes[:4]) == {0, 1}


def test_rare_classes_are_drawn_more_often_and_a_class_without_faces_is_left_alone() -> None:
    classes = np.array([0] * 9 + [2])
    drawn = chances(classes)
    assert drawn[9] / drawn[0] == pytest.approx(3)
    prior = log_prior(classes, 4).exp()
    assert prior[0] / prior[2] == pytest.approx(3)
    assert prior[1] == prior[3] == pytest.approx(1e-4)
