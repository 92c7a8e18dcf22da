"""The time line says by its color how strong an expression is: that of page and report, and the image."""

import re
from dataclasses import replace

import numpy as np

from cer.results import figures, lanes
from cer.results.analysis import Analysis
from tests.cer.results.made import made

RISING = np.tile(np.array([[0.05], [0.2], [0.5], [0.8]]), (1, 7))  # every expression, stronger from moment to moment
WEAK = np.full((4, 7), 0.1)


def drawn(analysis: Analysis) -> str:
    return "".join(lanes.rows_of(analysis, lanes.end_of(analysis)))


def test_the_color_of_the_time_line_follows_the_probability() -> None:
    strengths = [float(value) for value in re.findall(r"--strength:([\d.]+)", drawn(made(RISING)))]
    assert strengths == [0.062, 0.25, 0.625, 1.0] * 7


def test_a_weak_time_line_is_not_drawn_as_dark_as_a_strong() -> None:
    strengths = [float(value) for value in re.findall(r"--strength:([\d.]+)", drawn(made(WEAK)))]
    assert strengths == [0.286] * 7  # 0.1 of 0.35, and equal neighbors are one cell


def test_the_style_paints_the_time_line_by_strength() -> None:
    rules = lanes.STYLE.read_text("utf-8")
    (cell,) = re.findall(r"[^{}]*\.compound i *\{[^}]*\}", rules)
    assert "var(--strength)" in cell


def test_the_color_of_the_image_follows_the_probability() -> None:
    assert_darker(lightness(RISING))


def test_a_weak_time_line_of_the_image_is_not_drawn_as_dark_as_a_strong() -> None:
    assert lightness(WEAK).min() > lightness(RISING).min() + 0.2


def lightness(timeline: np.ndarray) -> np.ndarray:
    """[7, T] in [0, 1] of the cells that the image's time line draws."""
    mesh = figures.timeline(made(timeline)).axes[0].collections[0]
    values = np.asarray(mesh.get_array()).reshape(7, -1)
    return np.asarray(mesh.to_rgba(values))[..., :3].mean(-1)


def assert_darker(cells: np.ndarray) -> None:
    assert (np.diff(cells, axis=1) < -0.05).all(), cells


def test_what_is_stated_while_the_person_is_out_of_view_is_marked(analysis: Analysis) -> None:
    assert not list(lanes._away(analysis, lanes.end_of(analysis)))
    assert not list(lanes._away(analysis, 3 * lanes.end_of(analysis)))  # beside a longer clip
    person = replace(analysis.people[0], in_view=((2.0, 4.0), (4.5, 6.0)))
    gone = replace(analysis, people=(person,), person=person.id)
    assert [(span.start, span.end) for span in lanes._away(gone, 10.0)] == [(0.0, 2.0), (6.0, 10.0)]
    assert drawn(gone).count('class="away"') == 2
