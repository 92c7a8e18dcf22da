from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from cer.media.clip import AUDIO_SUFFIXES, MAX_DETAIL_SIDE, MAX_SIDE, VIDEO_SUFFIXES, Frame
from cer.media.planes import Planes


def test_the_detail_of_a_frame_is_the_larger_image_where_there_is_one() -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    white = np.concatenate([np.full((4, 4), 235, np.uint8), np.full((2, 4), 128, np.uint8)])
    assert Frame(0.0, image).detail() is image
    detail = Frame(0.0, image, Planes(white, 1)).detail()
    assert detail.shape == (4, 4, 3)
    assert detail.min() >= 254


def test_a_frame_cannot_be_changed_on_its_way() -> None:
    frame = Frame(0.0, np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(FrozenInstanceError):
        frame.time = 1.0  # type: ignore[misc]


def test_suffixes_are_as_path_gives_them_and_of_one_kind() -> None:
    suffixes = VIDEO_SUFFIXES | AUDIO_SUFFIXES
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes)
    assert not VIDEO_SUFFIXES & AUDIO_SUFFIXES
    assert MAX_DETAIL_SIDE > MAX_SIDE
