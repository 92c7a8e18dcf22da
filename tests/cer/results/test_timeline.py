"""The time line says by its color how strong an expression is: the page's, and that of the report."""

import re
from pathlib import Path

import numpy as np

from cer.results import figures
from cer.web import player
from tests.cer.results.made import made

RISING = np.tile(np.array([[0.05], [0.2], [0.5], [0.8]]), (1, 7))  # every expression, stronger from moment to moment
WEAK = np.full((4, 7), 0.1)


def test_the_color_of_the_page_s_time_line_follows_the_probability() -> None:
    strengths = [float(value) for value in re.findall(r"--strength:([\d.]+)", player.lanes(made(RISING)))]
    assert strengths == [0.062, 0.25, 0.625, 1.0] * 7


def test_a_weak_time_line_of_the_page_is_not_drawn_as_dark_as_a_strong() -> None:
    strengths = [float(value) for value in re.findall(r"--strength:([\d.]+)", player.lanes(made(WEAK)))]
    assert strengths == [0.286] * 7  # 0.1 of 0.35, and equal neighbors are one cell


def test_the_page_paints_its_time_line_by_strength() -> None:
    rules = (Path(player.__file__).parent / "page.css").read_text("utf-8")
    (cell,) = re.findall(r"[^{}]*\.compound i *\{[^}]*\}", rules)
    assert "var(--strength)" in cell


def test_the_color_of_the_report_s_time_line_follows_the_probability() -> None:
    assert_darker(lightness(RISING))


def test_a_weak_time_line_of_the_report_is_not_drawn_as_dark_as_a_strong() -> None:
    assert lightness(WEAK).min() > lightness(RISING).min() + 0.2


def lightness(timeline: np.ndarray) -> np.ndarray:
    """[7, T] in [0, 1] of the cells that the report's time line draws."""
    mesh = figures.timeline(made(timeline)).axes[0].collections[0]
    values = np.asarray(mesh.get_array()).reshape(7, -1)
    return np.asarray(mesh.to_rgba(values))[..., :3].mean(-1)


def assert_darker(cells: np.ndarray) -> None:
    assert (np.diff(cells, axis=1) < -0.05).all(), cells
