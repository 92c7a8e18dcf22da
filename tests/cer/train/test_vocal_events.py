import numpy as np

from cer.media.clip import SAMPLE_RATE
from cer.perception.voice_encoder import WIDTH
from cer.train.scenes import BACKGROUND, BURST, DURATION, SPEECH, make_background, make_scene
from cer.train.vocal_events import predict, train


def test_a_scene_is_labeled_where_its_voices_sound() -> None:
    rng = np.random.default_rng(1)
    tone = np.sin(np.arange(SAMPLE_RATE) * 0.1).astype(np.float32)
    kinds = set()
    for _ in range(12):
        samples, labels = make_scene([tone], [tone], rng)
        assert len(samples) == DURATION * SAMPLE_RATE
        assert len(labels) == DURATION * 50
        assert np.isfinite(samples).all()
        assert np.abs(samples).max() <= 1
        kinds |= set(labels.tolist())
    assert {BACKGROUND, SPEECH, BURST} <= kinds


def test_backgrounds_are_heard() -> None:
    rng = np.random.default_rng(0)
    assert all(np.std(make_background(SAMPLE_RATE * 2, rng)) > 1e-3 for _ in range(20))


def test_the_detector_learns_rows_that_differ() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(rng.integers(0, 3, (16, 8)), 25, axis=1)
    tones = 2 * rng.normal(size=(3, WIDTH))
    rows = (rng.normal(size=(16, 200, WIDTH)) + tones[labels]).astype(np.float16)
    predicted = predict(train(rows, labels, epochs=20), rows).argmax(2)
    assert (predicted == labels).mean() > 0.9
