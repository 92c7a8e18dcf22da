import numpy as np
import pytest

from cer.segments import Segment, nearest, step_of, stretches, timeline, windows


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        (0.4, [(0, 0.4)]),
        (4.0, [(0, 4), (2, 4)]),
        (5.0, [(0, 4), (2, 5), (4, 5)]),
        (4.9, [(0, 4), (2, 4.9)]),  # the tail of 0.9 s is dropped
        (8.0, [(0, 4), (2, 6), (4, 8), (6, 8)]),
    ],
)
def test_windows_are_four_seconds_long_and_two_apart(duration: float, expected: list[tuple[float, float]]) -> None:
    assert [(window.start, window.end) for window in windows(duration)] == expected


def test_the_time_line_averages_the_segments_that_cover_a_moment() -> None:
    segments = [Segment(0, 4), Segment(2, 6)]
    values = np.array([[0.2, 0.8], [0.6, 0.4]], np.float32)
    laid = timeline(segments, values, np.array([1.0, 3.0, 5.0, 6.0]))
    np.testing.assert_allclose(laid, [[0.2, 0.8], [0.4, 0.6], [0.6, 0.4], [0.6, 0.4]], atol=1e-6)


def test_segments_without_a_value_leave_the_average_to_the_others() -> None:
    segments = [Segment(0, 4), Segment(2, 6), Segment(10, 14)]
    values = np.array([[np.nan, np.nan], [0.6, 0.4], [1, 0]], np.float32)
    laid = timeline(segments, values, np.array([1.0, 3.0, 8.0]))
    assert np.isnan(laid[0]).all()
    np.testing.assert_allclose(laid[1], [0.6, 0.4], atol=1e-6)
    assert np.isnan(laid[2]).all()


def test_moments_close_to_each_other_are_one_stretch() -> None:
    np.testing.assert_allclose(stretches([0.0, 0.2, 0.4, 3.0, 3.2], 0.2), [(0.0, 0.6), (3.0, 3.4)])
    assert stretches([], 0.2) == ()
    np.testing.assert_allclose(stretches([0.0, 1.2], 0.2), [(0.0, 1.4)])  # a second without is bridged
    assert len(stretches([0.0, 1.3], 0.2)) == 2


def test_the_nearest_segment_is_the_one_whose_middle_is_nearest() -> None:
    segments = [Segment(0.0, 4.0), Segment(2.0, 6.0), Segment(4.0, 8.0)]
    assert [nearest(segments, time) for time in (0.0, 2.9, 3.0, 3.1, 9.0)] == [0, 0, 0, 1, 2]


@pytest.mark.parametrize(("time", "step"), [(0.0, 0), (0.199, 0), (0.2, 1), (0.59999999, 3), (-0.01, -1)])
def test_a_step_begins_at_its_multiple_of_the_sampling_interval(time: float, step: int) -> None:
    assert step_of(time, 5.0) == step
