"""Frames as they are displayed. Rotation, wide pixels and interlacing of whole clips are in test_reader."""

from types import SimpleNamespace
from typing import Any, cast

import av
import numpy as np
import pytest

from cer.media.images import WIDEST_PIXEL, Deinterlacer, Scaler, displayed_size, pixel_aspect
from tests.clips import noise


def frame(height: int = 1440, width: int = 2560) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(noise(height, width), "rgb24").reformat(format="yuv420p")


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(np.float32) - b) ** 2)))


def test_an_image_of_planes_is_that_of_the_frame() -> None:
    planes = Scaler(1.0, 1920).planes(frame())
    smaller = Scaler(1.0, 640).smaller(planes)
    assert smaller.shape == (360, 640, 3)
    assert psnr(smaller, Scaler(1.0, 640).image(frame())) > 33


@pytest.mark.parametrize("turns", range(4))
def test_an_image_of_planes_is_turned_upright(turns: int) -> None:
    planes = Scaler(1.0, 1280).planes(frame())
    turned = type(planes)(planes.values, planes.matrix, turns)
    upright = Scaler(1.0, 320).smaller(planes)
    np.testing.assert_array_equal(Scaler(1.0, 320).smaller(turned), np.rot90(upright, turns))


def test_small_frames_are_not_scaled_up() -> None:
    assert Scaler(1.0, 640).image(frame(120, 160)).shape == (120, 160, 3)


def test_wide_pixels_widen_the_image() -> None:
    assert Scaler(2.0, 640).image(frame(120, 160)).shape == (120, 320, 3)


@pytest.mark.parametrize(
    ("declared", "used"), [(None, 1.0), (0, 1.0), (1.5, 1.5), (1e6, WIDEST_PIXEL), (1e-6, 1 / WIDEST_PIXEL)]
)
def test_the_shape_of_a_pixel_is_kept_within_reason(declared: float | None, used: float) -> None:
    assert pixel_aspect(cast(Any, SimpleNamespace(sample_aspect_ratio=declared))) == pytest.approx(used)


@pytest.mark.parametrize(("rotation", "size"), [(0, (200, 50)), (90, (50, 200)), (180, (200, 50)), (270, (50, 200))])
def test_a_frame_turned_by_a_quarter_is_displayed_upright(rotation: int, size: tuple[int, int]) -> None:
    assert displayed_size(cast(Any, SimpleNamespace(width=100, height=50, rotation=rotation)), 2.0) == size


def test_progressive_frames_pass_the_deinterlacer_as_they_are() -> None:
    deinterlacer, whole = Deinterlacer(), frame(120, 160)
    assert [each is whole for each in deinterlacer.convert(whole)] == [True]
    assert list(deinterlacer.convert(None)) == []
