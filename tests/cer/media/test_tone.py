"""Tone curves against the numbers that their standards print."""

import numpy as np
import pytest

from cer.media.tone import (
    CURVES,
    KNEE,
    PEAK,
    WHITE,
    hybrid_log_gamma,
    perceptual_quantizer,
    roll_off,
    to_standard_range,
)


@pytest.mark.parametrize(("signal", "light"), [(0.0, 0.0), (0.508, 100.0), (0.581, 203.0), (0.752, 1000.0), (1.0, 1e4)])
def test_pq_shows_the_light_of_st_2084(signal: float, light: float) -> None:
    assert float(perceptual_quantizer(np.array(signal))) * WHITE == pytest.approx(light, rel=0.01, abs=0.01)


@pytest.mark.parametrize(("signal", "light"), [(0.0, 0.0), (0.75, 203.0), (1.0, 1000.0)])
def test_hlg_shows_the_light_of_bt_2408_on_a_screen_of_1000_nits(signal: float, light: float) -> None:
    assert float(hybrid_log_gamma(np.array(signal))) * WHITE == pytest.approx(light, rel=0.01, abs=0.01)


def test_light_rolls_off_from_the_knee_on_and_reaches_one_at_the_peak() -> None:
    light = np.linspace(0, PEAK, 1000)
    rolled = roll_off(light)
    np.testing.assert_allclose(rolled[light <= KNEE], light[light <= KNEE])
    assert (np.diff(rolled) > 0).all()
    assert (np.diff(rolled, 2) < 1e-9).all()  # ever less steep
    assert rolled[-1] == pytest.approx(1.0)
    assert roll_off(np.array(2 * PEAK)) == 1.0


def test_greys_stay_grey_and_red_stays_red() -> None:
    levels = np.repeat(np.array([[[0], [20_000], [38_000], [65_535]]], np.uint16), 3, 2)
    grey = to_standard_range(levels, CURVES[16])[0].astype(int)
    assert np.abs(grey - grey[:, :1]).max() <= 1
    assert (np.diff(grey[:, 0]) > 0).all()
    red = to_standard_range(np.array([[[45_000, 20_000, 20_000]]], np.uint16), CURVES[18])[0, 0]
    assert red[0] > red[1:].max() + 50
