import numpy as np
import pandas as pd
import pytest
import torch

from cer.media.clip import SAMPLE_RATE
from cer.perception.voice_encoder import WIDTH, listen
from cer.train.audio import heard, predict, train
from cer.train.networks import statistics


def test_every_recording_gets_its_clean_and_its_changed_views() -> None:
    rng = np.random.default_rng(0)
    samples = [(0.1 * rng.normal(size=int(seconds * SAMPLE_RATE))).astype(np.float32) for seconds in (1.0, 1.5, 0.8)]
    found = heard(pd.DataFrame({"samples": samples, "actor": [1, 1, 2]}), views=1)
    assert found.shape == (3, 2, 3 * WIDTH)
    for views, one in zip(found, samples, strict=True):
        clean = statistics(torch.from_numpy(listen(one))[None])[0].numpy()
        np.testing.assert_allclose(views[0], clean, atol=1e-4)
        assert np.abs(views[1] - clean).max() > 0.01


def test_the_head_learns_what_differs_between_voices() -> None:
    rng = np.random.default_rng(0)
    emotions = np.arange(60) % 2 * 3 + 1  # Anger, Happiness
    tone = rng.normal(size=96)
    views = (rng.normal(size=(60, 1, 96)) + np.where(emotions == 1, 1, -1)[:, None, None] * tone).astype(np.float32)
    logits = predict(train(views, emotions, epochs=15), views[:, 0])
    assert (logits.argmax(1) == emotions).mean() > 0.9
    assert (logits[:, 7] < -10).all()


def test_statistics_by_hand() -> None:
    rows = torch.zeros(1, 2, 384)
    rows[0, :, 0] = torch.tensor([1.0, 3.0])
    found = statistics(rows)[0]
    assert found[0] == 2
    assert found[384] == pytest.approx(1, abs=1e-3)
    assert torch.isfinite(statistics(rows[:, :1])).all()
