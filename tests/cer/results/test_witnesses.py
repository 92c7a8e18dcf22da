"""What sources say, and statements that none of them makes."""

from dataclasses import replace

import pytest

from cer.fusion.open_set import COMPOUND, SINGLE, UNCLEAR, Statement
from cer.results.analysis import Analysis
from cer.results.witnesses import supported, witnesses
from cer.results.wording import verdict
from tests.cer.results.judged import judged

ANGER = Statement(SINGLE, 0.8, (("Anger", 1.0),), 0.75)
FACE = {key: {"Surprise": 0.8} for key in ("static_face", "dynamic_face", "scene_label")}


@pytest.fixture
def contradicted(analysis: Analysis) -> Analysis:
    """A face that says surprise, a voice that says disgust."""
    return judged(analysis, [{**FACE, "audio": {"Disgust": 0.8}}])


def test_modalities_of_one_source_are_one_witness(contradicted: Analysis) -> None:
    assert [(witness.source, witness.emotion) for witness in witnesses(contradicted)] == [
        ("face", "Surprise"),
        ("voice", "Disgust"),
    ]


def test_what_no_source_says_is_not_stated(contradicted: Analysis) -> None:
    stated = replace(contradicted, statement=ANGER, statements=[ANGER] * len(contradicted.segments))
    result = supported(stated)
    assert (result.statement.state, result.statement.emotions) == (UNCLEAR, ())
    assert result.statement.probability == pytest.approx(0.4)  # 1 - 0.8 x 0.75
    assert {statement.state for statement in result.statements} == {UNCLEAR}
    assert verdict(result).startswith(
        "Not enough evidence for one answer: the face says surprise, the voice says disgust"
    )


def test_what_one_source_says_may_be_stated_and_so_may_a_blend_of_two(contradicted: Analysis) -> None:
    surprise = Statement(SINGLE, 0.8, (("Surprise", 1.0),))
    blend = Statement(COMPOUND, 0.6, (("Anger", 0.6), ("Disgust", 0.4)))
    for statement in (surprise, blend):
        stated = replace(contradicted, statement=statement, statements=[statement] * len(contradicted.segments))
        assert supported(stated).statement == statement


def test_what_a_source_says_as_well_as_its_strongest_emotion_may_be_stated(analysis: Analysis) -> None:
    anger = replace(ANGER, share=0.6)
    for second, state in ((0.38, SINGLE), (0.25, UNCLEAR)):  # 0.38 is more than CLOSE times 0.45, 0.25 is less
        face = {"static_face": {"Surprise": 0.45, "Anger": second}}
        between = replace(judged(analysis, [face]), statement=anger)
        assert supported(between).statement.state == state
