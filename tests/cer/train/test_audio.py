import numpy as np
import pandas as pd

from cer.media import SAMPLE_RATE
from cer.train.audio import batch_of, cut, features, predict, train


def test_recordings_are_padded_to_the_longest_and_masked() -> None:
    rows, mask = batch_of([np.ones((3, 384)), np.ones((5, 384))])
    assert rows.shape == (2, 5, 384)
    assert mask.sum(1).tolist() == [3, 5]


def test_a_cut_is_a_stretch_of_the_recording() -> None:
    rng = np.random.default_rng(0)
    rows = np.arange(100)[:, None]
    for _ in range(20):
        part = cut(rows, rng)[:, 0]
        assert 60 <= len(part) <= 100
        assert (np.diff(part) == 1).all()


def test_every_recording_gets_its_clean_and_its_changed_views() -> None:
    rng = np.random.default_rng(0)
    samples = [(0.1 * rng.normal(size=int(seconds * SAMPLE_RATE))).astype(np.float32) for seconds in (1.0, 1.5, 0.8)]
    found = features(pd.DataFrame({"samples": samples, "actor": [1, 1, 2]}), views=1)
    assert [len(views) for views in found] == [2, 2, 2]
    for views, one in zip(found, samples, strict=True):
        for view in views:
            assert abs(len(view) - len(one) / SAMPLE_RATE * 50) < 6  # a changed view may be 7 % longer or shorter


def test_the_head_learns_what_differs_between_voices() -> None:
    rng = np.random.default_rng(0)
    emotions = np.arange(60) % 2 * 3 + 1  # Anger, Happiness
    tone = rng.normal(size=384)
    recordings = [[(rng.normal(size=(40, 384)) + (tone if e == 1 else -tone)).astype(np.float32)] for e in emotions]
    logits, embeddings = predict(train(recordings, emotions, epochs=15), [one[0] for one in recordings])
    assert (logits.argmax(1) == emotions).mean() > 0.9
    assert embeddings.shape == (60, 128)
    assert (logits[:, 7] < -10).all()
