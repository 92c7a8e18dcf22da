import numpy as np
import torch

from cer.train.augment import augment, compress, fill_black, mask_oval, mix_pairs, normalise


def test_views_stay_in_range_and_differ() -> None:
    torch.manual_seed(0)
    images = normalise(torch.randint(0, 256, (16, 96, 96, 3), dtype=torch.uint8))
    (first, quality), (second, _) = augment(images, 64), augment(images, 64)
    assert first.shape == (16, 3, 64, 64)
    assert float(first.abs().max()) <= 1
    assert float((first - second).abs().mean()) > 0.05
    assert 0 <= float(quality.min()) < float(quality.max()) <= 1


def test_no_strength_degrades_nothing() -> None:
    torch.manual_seed(0)
    images = normalise(torch.randint(60, 200, (32, 96, 96, 3), dtype=torch.uint8))
    _, quality = augment(images, 96, 0.0)
    assert bool((quality == 1).all())


def test_a_face_stays_the_same_face() -> None:
    torch.manual_seed(0)
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, 96), torch.linspace(-1, 1, 96), indexing="ij")
    blob = (255 * torch.exp(-4 * (rows**2 + columns**2))).to(torch.uint8).expand(3, 96, 96).permute(1, 2, 0)
    views, _ = augment(normalise(blob.repeat(64, 1, 1, 1)), 96)
    assert float(views[:, :, 36:60, 36:60].mean()) > float(views[:, :, :8].mean()) + 0.3


def test_the_oval_of_a_corpus_can_be_hidden_and_given_to_others() -> None:
    torch.manual_seed(0)
    images = torch.full((8, 3, 96, 96), 0.5)
    mask_oval(images, 1.0)
    assert float(images[:, :, 0, 0].max()) == -1
    assert float(images[:, :, 48, 48].min()) == 0.5
    filled = images.clone()
    filled[4:] = 0.2
    fill_black(filled, 1.0)
    assert float(filled[:, :, 48, 48].min()) > 0
    assert float((filled[:4, :, 0, 0] > -1).float().mean()) > 0


def test_pairs_are_mixed_within_their_corpus_only() -> None:
    targets = torch.eye(8)[[0] * 10 + [1] * 10]
    views = targets[:, :3, None, None].expand(20, 3, 4, 4).contiguous()
    mixed, blended, which = mix_pairs(views, targets, [slice(0, 10), slice(10, 20)], 1.0, np.random.default_rng(0))
    torch.testing.assert_close(mixed, views)
    torch.testing.assert_close(blended, targets)
    assert bool(which.all())


def test_compression_touches_a_share_of_the_batch_and_never_the_input() -> None:
    images = np.random.default_rng(0).integers(0, 255, (200, 48, 48, 3)).astype(np.uint8)
    before = images.copy()
    changed = (compress(images, np.random.default_rng(1), share=0.2) != images).any((1, 2, 3))
    assert 20 < changed.sum() < 60
    np.testing.assert_array_equal(images, before)
