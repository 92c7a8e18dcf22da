"""Planes give the image that the frame itself gives, whatever its colors and its turn."""

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange

from cer.media.images import Scaler
from cer.media.planes import MATRICES, Planes

SMOOTH = np.stack(
    [np.tile(np.linspace(20, 235, 96), (64, 1)), np.tile(np.linspace(235, 20, 64), (96, 1)).T, np.full((64, 96), 90)], 2
).astype(np.uint8)


def frame_of(layout: str, matrix: int, color_range: ColorRange) -> av.VideoFrame:
    """The smooth image as a codec with these colors has it."""
    rgb = av.VideoFrame.from_ndarray(SMOOTH, "rgb24")
    frame = rgb.reformat(format=layout, dst_colorspace=matrix, dst_color_range=color_range)
    frame.colorspace, frame.color_range = matrix, color_range
    return frame


@pytest.mark.parametrize(
    ("layout", "matrix", "color_range"),
    [
        ("yuv420p", 5, ColorRange.MPEG),
        ("yuv420p", 1, ColorRange.MPEG),
        ("yuv420p", 9, ColorRange.MPEG),
        ("yuv420p", 1, ColorRange.JPEG),
        ("yuvj420p", 5, ColorRange.JPEG),
        ("yuv444p", 1, ColorRange.MPEG),
        ("yuv420p10le", 1, ColorRange.MPEG),
        ("nv12", 1, ColorRange.MPEG),
    ],
)
def test_the_colors_are_those_of_the_frame(layout: str, matrix: int, color_range: ColorRange) -> None:
    frame = frame_of(layout, matrix, color_range)
    planes = Scaler(1.0, 96).planes(frame)
    assert planes.values.shape == (96, 96)
    assert planes.image.shape == (64, 96, 3)
    assert np.abs(planes.image.astype(int) - SMOOTH).max() <= 8
    assert np.abs(planes.image.astype(int) - Scaler(1.0, 96).image(frame)).mean() < 2


@pytest.mark.parametrize("layout", ["rgb24", "bgra", "gbrp", "gray"])
def test_frames_without_a_matrix_become_planes_too(layout: str) -> None:
    frame = av.VideoFrame.from_ndarray(SMOOTH, "rgb24").reformat(format=layout)
    expected = Scaler(1.0, 96).image(frame).astype(int)
    assert np.abs(Scaler(1.0, 96).planes(frame).image - expected).max() <= 8


def test_sides_are_even_and_turned_at_the_end() -> None:
    frame = av.VideoFrame.from_ndarray(SMOOTH[:63, :95].copy(), "rgb24")
    assert Scaler(1.0, 95).planes(frame).image.shape == (64, 96, 3)
    planes = Scaler(1.0, 96).planes(frame_of("yuv420p", 5, ColorRange.MPEG))
    turned = Planes(planes.values, planes.matrix, 1)
    np.testing.assert_array_equal(turned.image, np.rot90(planes.image))


@pytest.mark.parametrize("matrix", range(18))
def test_no_number_of_a_matrix_costs_the_image(matrix: int) -> None:
    frame = frame_of("yuv420p", 5, ColorRange.MPEG)
    frame.colorspace = matrix
    planes = Scaler(1.0, 96).planes(frame)
    assert planes.matrix in MATRICES
    assert np.abs(planes.image.astype(int) - SMOOTH).mean() < 25


def test_high_dynamic_range_and_wide_pixels_are_dealt_with_once() -> None:
    frame = frame_of("yuv420p10le", 9, ColorRange.MPEG)
    frame.color_trc = 16
    image, planes = Scaler(2.0, 192).image(frame), Scaler(2.0, 192).planes(frame)
    assert planes.image.shape == image.shape == (64, 192, 3)
    assert np.abs(planes.image.astype(int) - image).mean() < 4
