import numpy as np

from cer.modalities.dynamic_face import SLOTS
from cer.train.data import Sequences
from cer.train.dynamic_face import Synthesiser, stretch, unstretched


def test_a_sequence_goes_from_a_calm_face_to_its_peak() -> None:
    rng = np.random.default_rng(0)
    faces = np.concatenate([np.zeros((20, 4)), np.ones((5, 4))]).astype(np.float32)  # calm ones are zeros
    votes = np.zeros((25, 8), np.float32)
    votes[:20, 0], votes[20:, 6] = 1, 1
    slots, mask, target = Synthesiser(faces, votes)(200, rng)
    assert slots.shape == (200, SLOTS, 4)
    surprised = target[:, 6] == 1
    assert 0.3 < surprised.mean() < 0.7  # the classes come evenly although faces do not
    level = slots[surprised].mean(2)
    moving = level.max(1) - level.min(1) > 0.5
    assert moving.mean() > 0.6
    assert set(np.unique(mask)) <= {0, 1}
    assert mask[:, :3].all()


def test_the_asked_peak_is_the_target() -> None:
    votes = np.eye(8, dtype=np.float32)
    faces = np.arange(8, dtype=np.float32)[:, None].repeat(3, 1)
    _, _, target = Synthesiser(faces, votes)(10, np.random.default_rng(0), np.full(10, 5))
    assert (target.argmax(1) == 5).all()


def test_ordered_frames_stay_in_order_however_they_are_stretched() -> None:
    sequences = Sequences(
        np.zeros((6, 48, 48), np.uint8), np.array([[0, 1, 2], [3, 4, 5]]), np.array([1, 4]), np.array(["a", "b"])
    )
    faces = np.arange(6, dtype=np.float32)[:, None]
    slots, mask, target = stretch(sequences, np.array([0, 1, 0, 1]), faces, np.random.default_rng(0))
    assert slots[:2, :3, 0].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert mask[:2].sum(1).tolist() == [3, 3]
    assert (np.diff(slots[2:, :, 0], axis=1) >= 0).all()
    assert slots[3].min() >= 3
    assert target.argmax(1).tolist() == [1, 4, 1, 4]
    shown, mask = unstretched(sequences, np.array([1]), faces)
    assert shown[0, :4, 0].tolist() == [3, 4, 5, 0]
    assert mask[0].sum() == 3
