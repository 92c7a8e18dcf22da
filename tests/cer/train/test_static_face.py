from pathlib import Path

import numpy as np
import pytest
import torch

from cer.perception.face_encoder import MAPS_SHAPE, SIDE, UNITS
from cer.train import face_batches, static_face
from cer.train.data import Faces
from cer.train.face_batches import Batches, Corpus
from cer.train.face_network import FaceNetwork
from cer.train.static_face import Shipped, learning_rate, predict, prior_of, train


def unit_rows(count: int) -> np.ndarray:
    rows = np.random.default_rng(0).standard_normal((count, 256)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> Batches:
    monkeypatch.setattr(face_batches, "UNIT_BATCH", 2)
    images = np.random.default_rng(0).integers(0, 255, (30, SIDE, SIDE, 3)).astype(np.uint8)
    targets = np.eye(8, dtype=np.float32)[np.arange(30) % 3]
    corpora = [Corpus(images, targets, unit_rows(30), 4), Corpus(images, targets, unit_rows(30), 4, oval=True)]
    units = Faces(images[:6], np.zeros((6, len(UNITS)), np.float32))
    return Batches(corpora, units, unit_rows(6), seed=0)


def test_the_rate_warms_up_peaks_and_falls_to_zero() -> None:
    rates = [learning_rate(progress) for progress in np.linspace(0, 1, 201)]
    assert max(rates) == pytest.approx(1, rel=0.01)
    assert np.argmax(rates) == pytest.approx(10, abs=1)
    assert rates[0] < 0.01
    assert rates[-1] < 0.001


def test_the_prior_is_the_share_of_votes() -> None:
    np.testing.assert_allclose(prior_of(np.array([[1, 0], [0.5, 0.5]], np.float32)), [0.75, 0.25])


def test_rare_classes_are_drawn_more_often_and_the_prior_is_that_of_the_draw() -> None:
    targets = np.eye(8, dtype=np.float32)[[0] * 90 + [2] * 10]
    corpus = Corpus(np.zeros((100, SIDE, SIDE, 3), np.uint8), targets, unit_rows(100), 4)
    drawn = np.exp(corpus.log_prior())
    assert drawn[0] == pytest.approx(0.75, abs=0.01)  # sqrt(90) : sqrt(10)
    assert drawn[2] == pytest.approx(0.25, abs=0.01)
    assert drawn[1] == pytest.approx(face_batches.MIN_PRIOR)


def test_a_batch_has_every_target(batches: Batches) -> None:
    torch.manual_seed(0)
    batch = batches.draw()
    assert batch["views"].shape == (10, 3, SIDE, SIDE)
    assert batch["targets"].shape == (8, 8)
    assert batch["units"].shape == (2, len(UNITS))
    assert batch["identity"].shape == (10, 256)
    np.testing.assert_allclose(batch["targets"].sum(1), 1, atol=1e-5)
    assert 0 <= float(batch["quality"].min()) <= float(batch["quality"].max()) <= 1


def test_training_writes_a_checkpoint_and_resumes_from_it(
    batches: Batches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(static_face, "WARM_UP_STEPS", 1)
    monkeypatch.setattr(static_face, "CHECKPOINT_STEPS", 2)
    torch.manual_seed(0)
    network = FaceNetwork(len(UNITS))
    before = network.trunk.state_dict()["pointwise.12.weight"].clone()
    train(network, batches, tmp_path / "face.pt", steps=4)
    assert not torch.equal(before, network.trunk.state_dict()["pointwise.12.weight"])
    caplog.set_level("INFO")
    average = train(FaceNetwork(len(UNITS)), batches, tmp_path / "face.pt", steps=6)
    assert [record.message.split(",")[0] for record in caplog.records] == ["step 6"]
    outputs = predict(average, np.zeros((3, SIDE, SIDE, 3), np.uint8))
    assert outputs["logits"].shape == (3, 8)
    assert outputs["embeddings"].shape == (3, 256)
    np.testing.assert_allclose(np.linalg.norm(outputs["identity"], axis=1), 1, atol=1e-5)


def test_the_shipped_network_has_calibrated_logits_and_a_quality_between_0_and_1() -> None:
    torch.manual_seed(0)
    network = FaceNetwork(len(UNITS)).eval()
    faces = torch.rand(2, 3, SIDE, SIDE)
    with torch.no_grad():
        logits, *_, quality, maps = Shipped(network, 2.0)(faces)
        torch.testing.assert_close(logits, network(faces)[0] / 2)
    assert 0 < float(quality.min()) <= float(quality.max()) < 1
    assert maps.shape == (2, *MAPS_SHAPE)
