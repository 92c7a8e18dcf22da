"""Colors are told apart by everybody, in whatever file they are."""

from itertools import combinations

import numpy as np

from cer.labels import COMPOUNDS, EMOTIONS
from cer.results.colors import COLORS, EMOTION_COLORS

# What people without red-sensitive, and without green-sensitive, cones see: linear RGB to linear RGB
# (Viénot, Brettel and Mollon, 1999, https://doi.org/10.1002/(SICI)1520-6378(199908)24:4<243::AID-COL5>3.0.CO;2-3).
PROTANOPIA = np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]])
DEUTERANOPIA = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])


def linear(color: str) -> np.ndarray:
    values = np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def test_each_compound_expression_and_each_emotion_has_a_color_of_its_own() -> None:
    assert len(COLORS) == len(set(COLORS)) == len(COMPOUNDS)
    assert tuple(EMOTION_COLORS) == EMOTIONS
    assert len(set(EMOTION_COLORS.values())) == len(EMOTIONS)


def test_color_blind_people_tell_compound_expressions_apart() -> None:
    for cones in (np.eye(3), PROTANOPIA, DEUTERANOPIA):
        perceived = [np.cbrt(np.clip(cones @ linear(color), 0, 1)) for color in COLORS]
        assert min(np.abs(a - b).max() for a, b in combinations(perceived, 2)) > 0.08


def test_what_is_no_emotion_is_grey() -> None:
    greys = [name for name, color in EMOTION_COLORS.items() if len({color[1:3], color[3:5], color[5:7]}) == 1]
    assert greys == ["Neutral", "Other"]
