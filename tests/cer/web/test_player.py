import json
import re
from dataclasses import replace
from html import unescape
from typing import Any

import numpy as np

from cer.fusion.open_set import COMPOUND, SINGLE, Statement
from cer.labels import EMOTIONS
from cer.modalities.base import absent
from cer.perception.vocal_events import Event
from cer.results import lanes
from cer.results.analysis import Analysis
from cer.results.witnesses import witnesses
from cer.web import player
from tests.cer.results.made import made


def data_in(html: str) -> dict[str, Any]:
    written = re.search(r'data-player="([^"]*)"', html)
    assert written is not None
    read: dict[str, Any] = json.loads(unescape(written[1]))
    return read


def test_the_lanes_carry_what_the_player_needs_to_follow_the_clip(analysis: Analysis) -> None:
    data = data_in(player.lanes(analysis))
    count = len(analysis.segments)
    assert len(data["starts"]) == len(data["middles"]) == len(data["says"]) == len(data["fused"]) == count
    assert data["middles"][1] == (analysis.segments[1].start + analysis.segments[1].end) / 2
    np.testing.assert_allclose(data["fused"][2], analysis.fused[2], atol=1e-4)
    for witness in witnesses(analysis, 2):
        source = next(source for source in data["sources"] if source["name"] == witness.source)
        np.testing.assert_allclose(source["probabilities"][2], witness.probabilities, atol=1e-4)
        assert source["share"][2] == round(float(witness.contribution.sum()), 4)
    assert len(data["boxes"]) == len(analysis.boxes)


def test_no_image_of_a_face_is_in_the_lanes(analysis: Analysis) -> None:
    assert "data:image" not in player.lanes(analysis)


def test_a_slider_tells_its_moment_to_who_cannot_see_it(analysis: Analysis) -> None:
    html = player.lanes(analysis)
    assert 'role="slider"' in html
    assert 'aria-valuetext="0:00"' in html


def test_without_face_boxes_there_is_nothing_to_switch_off(analysis: Analysis) -> None:
    assert "overlay-switch" in player.lanes(analysis)
    assert "overlay-switch" not in player.lanes(replace(analysis, boxes=analysis.boxes[:0]))


def test_a_new_shot_is_marked_on_the_ruler(analysis: Analysis) -> None:
    assert "a new shot" not in player.lanes(analysis)
    end = lanes.end_of(analysis)
    html = player.lanes(replace(analysis, cuts=(end / 2,)))
    assert '<i title="a new shot" style="left:50.000%"></i>' in html


def test_equal_neighbors_are_one_span_and_a_blend_shows_both_colors() -> None:
    single = Statement(SINGLE, 0.9, (("Anger", 1.0),))
    blend = Statement(COMPOUND, 0.9, (("Anger", 0.7), ("Fear", 0.3)))
    analysis = replace(made(np.full((4, 7), 0.1)), statements=[single])
    three = replace(
        analysis,
        segments=[replace(analysis.segments[0], start=s, end=s + 4) for s in (0.0, 2.0, 4.0)],
        statements=[single, single, blend],
        outcome=replace(
            analysis.outcome,
            **{
                name: np.repeat(getattr(analysis.outcome, name), 3, 0)
                for name in ("fused", "weights", "contributions", "ppa", "pfsa", "compound", "states", "quality")
            },
        ),
        predictions={name: absent(3, "no face") for name in analysis.predictions},
        clip=replace(analysis.clip, duration=8.0),
    )
    lane = re.search(r'class="lane stated">.*?</div></div></div>', player.lanes(three))
    assert lane is not None
    spans = re.findall(r'style="left:([\d.]+)%;width:([\d.]+)%;([^"]*)"', lane[0])
    assert [(float(left), float(width)) for left, width, _ in spans] == [(0.0, 62.5), (62.5, 37.5)]
    assert spans[1][2] == "--first:#D55E00;--second:#CC79A7;--share:70%"


def test_a_long_clip_has_no_more_cells_than_can_be_told_apart(analysis: Analysis) -> None:
    times = np.arange(0, 3600, 0.2)
    values = np.random.default_rng(0).dirichlet(np.ones(7), len(times)).astype(np.float32)
    long = replace(analysis, times=times, timeline=values)
    assert player.lanes(long).count('<i class="top"') <= 240
    assert player.lanes(long).count("--strength") <= 240 * 7


def test_vocal_bursts_have_a_lane_only_where_there_are_some(analysis: Analysis) -> None:
    silent = replace(analysis, events=())
    assert "lane sounds" not in player.lanes(silent)
    assert ">laughs<" in player.lanes(replace(analysis, events=(Event(1.0, 2.0, "laugh", 0.9),)))


def test_words_from_a_clip_are_text_and_never_markup(analysis: Analysis) -> None:
    nasty = [replace(sentence, text="<script>alert('x')</script>") for sentence in analysis.transcript]
    html = player.lanes(replace(analysis, transcript=nasty))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_the_table_has_a_row_an_emotion_and_a_column_a_source(analysis: Analysis) -> None:
    html = player.table(analysis)
    assert html.count('<th scope="row">') == len(EMOTIONS)
    assert html.count("data-source=") == len(witnesses(analysis))


def test_a_source_without_evidence_says_why(analysis: Analysis) -> None:
    spoken = analysis.predictions["text"]
    silent = absent(len(spoken), "no speech")
    html = player.table(replace(analysis, predictions={**analysis.predictions, "text": silent}))
    assert "absent: no speech" in html
