import numpy as np
import pytest
import torch

from cer.train.supervised import ensemble
from cer.train.supervised.curriculum import outputs
from cer.train.supervised.ensemble import distill, fuse
from cer.train.supervised.members import Linear
from tests.cer.train.supervised.made import BLOCK, encoded


def test_late_fusion_by_hand() -> None:
    fused = fuse([np.log(np.array([[0.8, 0.2]], np.float32)), np.log(np.array([[0.4, 0.6]], np.float32))])
    np.testing.assert_allclose(fused, [[0.6, 0.4]], atol=1e-6)


def test_the_student_answers_as_its_teachers_do_whatever_the_labels_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensemble, "STEPS", 200)
    monkeypatch.setattr(ensemble, "RATE", 1e-2)
    torch.manual_seed(0)
    teacher = Linear().eval()
    with torch.no_grad():
        teacher.compounds.weight.zero_()
        for label in range(14):
            teacher.compounds.weight[label, BLOCK * (13 - label) : BLOCK * (14 - label)] = 0.5
    faces = encoded(list(range(14)) * 25)
    student = distill(Linear(), {"teacher": teacher}, [faces], 0)
    answers = outputs(student, encoded(list(range(14)), seed=1))[1].argmax(1)
    assert (answers == 13 - np.arange(14)).mean() > 0.9
