import numpy as np
import torch

from cer.train.augment import augment, compress, normalise


def test_views_stay_in_range_have_the_asked_size_and_differ() -> None:
    torch.manual_seed(0)
    images = torch.randint(0, 256, (16, 48, 48), dtype=torch.uint8)
    first, second = augment(normalise(images), 40), augment(normalise(images), 40)
    assert first.shape == (16, 1, 40, 40)
    assert float(first.abs().max()) < 1.6  # noise may overshoot a little
    assert float((first - second).abs().mean()) > 0.05


def test_less_strength_changes_less_and_none_only_mirrors() -> None:
    images = normalise(torch.randint(0, 256, (64, 48, 48), dtype=torch.uint8))
    torch.manual_seed(0)
    plain = augment(images, 48, 0.0)
    as_it_was = (plain - images).abs().flatten(1).mean(1) < 0.01
    mirrored = (plain - images.flip(3)).abs().flatten(1).mean(1) < 0.01
    assert bool((as_it_was | mirrored).all())
    assert 10 < int(mirrored.sum()) < 54
    smooth = torch.nn.functional.avg_pool2d(images, 9, 1, 4)
    changes = []
    for strength in (0.5, 1.0):
        torch.manual_seed(0)
        views = augment(smooth, 48, strength)
        changes.append(min(float((views - one).abs().mean()) for one in (smooth, smooth.flip(3))))
    assert changes[0] < changes[1]


def test_a_face_stays_the_same_face() -> None:
    torch.manual_seed(0)
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, 48), torch.linspace(-1, 1, 48), indexing="ij")
    blob = (255 * torch.exp(-4 * (rows**2 + columns**2))).to(torch.uint8).repeat(64, 1, 1)
    views = augment(normalise(blob), 48)
    middle, rim = views[:, 0, 18:30, 18:30].mean(), views[:, 0, :4].mean()
    assert float(middle) > float(rim) + 0.5


def test_compression_touches_a_share_of_the_batch_and_never_the_input() -> None:
    images = np.random.default_rng(0).integers(0, 255, (200, 48, 48)).astype(np.uint8)
    kept = images.copy()
    changed = (compress(images, np.random.default_rng(1), share=0.2) != images).any((1, 2))
    assert 20 < changed.sum() < 60
    np.testing.assert_array_equal(images, kept)
