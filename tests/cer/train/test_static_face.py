from pathlib import Path

import numpy as np
import pytest

from cer.train.data import Faces
from cer.train.static_face import Cycle, predict, prior_of, train


def test_the_rate_warms_up_peaks_and_falls_to_nothing() -> None:
    cycle = Cycle(10, 5, 0.1)
    rates = [cycle.rate(progress) for progress in np.linspace(0, 0.999, 200)]
    assert max(rates) == pytest.approx(0.1, rel=0.02)
    assert np.argmax(rates) == pytest.approx(20, abs=2)
    assert rates[0] < 0.002
    assert rates[-1] < 0.001


def test_the_prior_is_the_share_of_votes() -> None:
    np.testing.assert_allclose(prior_of(np.array([[1, 0], [0.5, 0.5]])), [0.75, 0.25])


def test_a_cycle_writes_its_checkpoint_and_the_next_starts_from_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = np.arange(600) % 2
    base = np.where(rows[:, None, None] == 0, np.eye(48)[None], np.eye(48)[None, ::-1])  # stripes this way or that
    images = (60 + 150 * np.maximum(base, np.roll(base, 1, 2)) + rng.integers(0, 20, (600, 48, 48))).clip(0, 255)
    targets = np.eye(8, dtype=np.float32)[np.where(rows == 0, 1, 4)]
    targets += 1e-4
    faces = Faces(images.astype(np.uint8), (targets / targets.sum(1, keepdims=True)).astype(np.float32))
    units = Faces(faces.images[:32], np.zeros((32, 20), np.float32))
    network = train(faces, units, Cycle(1, 1, 0.02), checkpoint=tmp_path / "face.pt")
    assert (tmp_path / "face.pt").stat().st_size > 1_000_000
    again = train(faces, units, Cycle(1, 0, 0.01), start=network, checkpoint=tmp_path / "face.pt")
    logits, embeddings, _ = predict(again, faces.images[:8])
    assert logits.shape == (8, 8)
    assert embeddings.shape == (8, 256)
    first, second = (one.emotions.weight.detach() for one in (network, again))
    assert 0 < float((first - second).abs().mean()) < 0.5 * float(first.abs().mean())
