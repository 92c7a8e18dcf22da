from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from cer.errors import CerError
from cer.fusion.open_set import COMPOUND, NEUTRAL, SINGLE, UNCLEAR, Statement
from cer.labels import MODALITIES
from cer.modalities.base import absent
from cer.observation import Observation
from cer.results.analysis import Analysis
from cer.segments import Segment
from cer.web.comparing import Side, agreement, compare, side_by_side, sides
from tests.cer.results.made import made
from tests.clips import DEMO, noise, still, write_clip

HAPPY = Statement(SINGLE, 0.9, (("Happiness", 1.0),))
CALM = Statement(NEUTRAL, 0.9, (("Neutral", 1.0),))
BLEND = Statement(COMPOUND, 0.9, (("Sadness", 0.6), ("Fear", 0.4)))
TURNED = Statement(COMPOUND, 0.9, (("Fear", 0.7), ("Sadness", 0.3)))
NOTHING = Statement(UNCLEAR, 1.0, ())


def stating(*statements: Statement) -> Analysis:
    """An analysis of 2-second segments about which this is stated."""
    plain = made(np.full((4, 7), 1 / 7))
    segments = [Segment(2.0 * row, 2.0 * row + 2.0) for row in range(len(statements))]
    return replace(
        plain,
        clip=replace(plain.clip, duration=segments[-1].end),
        segments=segments,
        statements=list(statements),
        predictions={name: absent(len(segments), "no face") for name in MODALITIES},
        times=np.arange(4) * 0.2,
    )


def test_the_share_of_common_moments_at_which_the_same_is_stated_by_hand() -> None:
    assert agreement(stating(HAPPY, CALM), stating(HAPPY, CALM)) == 1
    assert agreement(stating(HAPPY, CALM), stating(HAPPY, HAPPY)) == 0.5
    assert agreement(stating(BLEND), stating(TURNED)) == 1  # the order of a blend does not count
    assert agreement(stating(HAPPY, NOTHING), stating(CALM, CALM)) == 0
    assert agreement(stating(NOTHING), stating(CALM)) is None
    assert agreement(stating(HAPPY), stating(HAPPY, CALM, CALM)) == 1  # only what both have


def test_both_sides_have_one_time_axis() -> None:
    html = side_by_side((Side("short <1>", stating(HAPPY)), Side("long", stating(HAPPY, CALM, CALM, CALM))))
    assert "short &lt;1&gt;" in html
    assert html.count('class="side"') == 2
    first = html.index("short")
    assert "width:25.000%" in html[first : html.index("long")]  # two of eight seconds
    assert "100 %" in html


def test_one_clip_with_one_person_says_what_is_missing(observed: Observation) -> None:
    with pytest.raises(CerError, match="one person"):
        sides([observed])
    first, second = sides([observed, observed])
    assert first.name == second.name == "demo.mp4"


def test_two_clips_are_watched_and_shown_and_none_is_refused(tmp_path: Path) -> None:
    other = write_clip(tmp_path / "noise.mp4", still(np.arange(0, 2, 0.1).tolist(), noise()))
    *_, last = compare(str(DEMO), str(other))
    assert last[0] == ""
    assert "demo.mp4" in last[1]
    assert "noise.mp4" in last[1]
    with pytest.raises(gr.Error, match="Choose a clip"):
        next(compare(None, None))


def test_an_unreadable_clip_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_text("no clip")

    with pytest.raises(gr.Error, match=r"broken\.mp4"):
        list(compare(str(tmp_path / "broken.mp4"), None))
