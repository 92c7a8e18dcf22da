"""Verdicts that a careful person would sign."""

from dataclasses import replace

import numpy as np
import pytest

from cer.fusion.open_set import Statement
from cer.labels import EMOTIONS
from cer.modalities.base import absent
from cer.results.analysis import Analysis
from cer.results.witnesses import witnesses
from cer.results.wording import certainty, clock, stated, verdict
from tests.cer.results.judged import Said, judged
from tests.cer.results.made import made

FACES = ("static_face", "dynamic_face", "scene_label", "scene_context")


def faces(emotions: dict[str, float]) -> Said:
    return dict.fromkeys(FACES, emotions)


def test_a_smile_is_happiness_and_no_surprise(analysis: Analysis) -> None:
    smile = judged(analysis, [faces({"Happiness": 0.97, "Surprise": 0.0})])
    assert smile.statement.state == "single"
    assert smile.statement.emotions == (("Happiness", 1.0),)
    assert "happiness" in verdict(smile)
    assert "urpris" not in verdict(smile)


def test_a_sad_face_with_a_trace_of_anger_is_sad(analysis: Analysis) -> None:
    sad = judged(analysis, [faces({"Sadness": 0.93, "Anger": 0.03})])
    assert (sad.statement.state, sad.statement.emotions) == ("single", (("Sadness", 1.0),))


def test_a_blend_needs_both_of_its_parts(analysis: Analysis) -> None:
    blend = judged(analysis, [faces({"Anger": 0.48, "Surprise": 0.47})])
    assert blend.statement.state == "compound"
    assert {name for name, _ in blend.statement.emotions} == {"Anger", "Surprise"}
    assert "a blend of" in verdict(blend)


def test_anger_and_then_sadness_is_no_blend(analysis: Analysis) -> None:
    after = judged(analysis, [faces({"Anger": 0.95}), faces({"Anger": 0.95}), faces({"Sadness": 0.95})])
    assert after.statement.state == "single"


def test_four_modalities_that_see_the_same_face_are_one_witness(analysis: Analysis) -> None:
    angry = judged(analysis, [faces({"Anger": 0.9})])
    assert [witness.source for witness in witnesses(angry)] == ["face"]
    assert "the face is the only evidence" in verdict(angry)


def test_a_source_that_disagrees_is_named_with_what_it_says(analysis: Analysis) -> None:
    torn = judged(analysis, [{**faces({"Happiness": 0.95}), "audio": {"Sadness": 0.9}}])
    assert "the voice says sadness" in verdict(torn) or "the face says happiness" in verdict(torn)


def test_sources_that_say_one_part_of_a_blend_each_do_not_agree(analysis: Analysis) -> None:
    both = judged(analysis, [{**faces({"Anger": 0.9}), "audio": {"Sadness": 0.9}}])
    blend = Statement("compound", 0.6, (("Anger", 0.5), ("Sadness", 0.5)))
    sentence = verdict(replace(both, statement=blend))
    assert "agree" not in sentence
    assert "the face says anger, the voice says sadness" in sentence


def test_a_guess_does_not_hide_an_emotion_that_is_stronger(analysis: Analysis) -> None:
    torn = judged(analysis, [faces({"Neutral": 0.43, "Sadness": 0.45})])
    assert (torn.statement.state, torn.statement.emotions[0][0]) == ("neutral", "Neutral")
    assert verdict(torn).startswith("Perhaps neutral, or sadness;")
    calm = judged(analysis, [faces({"Neutral": 0.46, "Sadness": 0.42})])
    assert verdict(calm).startswith("Perhaps neutral;")


def test_the_contributions_of_the_sources_sum_to_the_fused_distribution(analysis: Analysis) -> None:
    torn = judged(analysis, [{**faces({"Happiness": 0.95}), "audio": {"Sadness": 0.9}}])
    total = sum(witness.contribution.sum() for witness in witnesses(torn, 0))
    assert abs(total - 1) < 1e-5


def test_without_any_modality_there_is_not_enough_evidence_and_the_reasons_are_torn(analysis: Analysis) -> None:
    nothing = judged(analysis, [{}])
    assert nothing.statement.state == "unclear"
    assert verdict(nothing) == "Not enough evidence: no face; no speech."


def test_the_strongest_stretch_is_named_when_it_is_not_the_whole_clip(analysis: Analysis) -> None:
    rows = [faces({"Sadness": 0.7, "Anger": 0.2}), faces({"Sadness": 0.97}), faces({"Sadness": 0.97})]
    late = judged(analysis, [*rows, faces({"Sadness": 0.7, "Anger": 0.2})])
    start, end = (clock(late.segments[row].start if edge else late.segments[row].end) for row, edge in ((1, 1), (2, 0)))
    assert f"strongest from {start} to {end}" in verdict(late)


def test_of_several_people_the_sentence_names_the_one_it_is_about(analysis: Analysis) -> None:
    alone = judged(analysis, [faces({"Anger": 0.9})])
    first = alone.people[0]
    several = replace(alone, people=(first, replace(first, id=first.id + 1)))
    assert verdict(several) == f"Person {first.id}: {verdict(alone)}"
    nothing = judged(analysis, [{}])
    assert verdict(replace(nothing, people=several.people)).startswith(f"Person {first.id}: Not enough evidence")


def test_what_was_damaged_is_in_the_same_sentence(analysis: Analysis) -> None:
    damaged = replace(judged(analysis, [faces({"Anger": 0.9})]), warnings=("half of the sound is lost",))
    assert verdict(damaged).endswith("Note: half of the sound is lost.")


def test_certainty_in_words() -> None:
    assert [certainty(value) for value in (0.5, 0.79, 0.8, 0.94, 0.95)] == [
        "guess",
        "guess",
        "likely",
        "likely",
        "clear",
    ]


def test_a_statement_in_a_few_words(analysis: Analysis) -> None:
    assert stated(judged(analysis, [{}]).statement) == "not enough evidence"


def test_a_cause_that_several_modalities_share_is_named_once() -> None:
    unseen = made(np.full((4, 7), np.nan))
    reasons = {"scene_label": "nobody in view to match labels with", "scene_context": "nobody in view to describe"}
    predictions = {name: absent(1, reasons.get(name, "no face")) for name in unseen.predictions}
    assert verdict(replace(unseen, predictions=predictions)) == "Not enough evidence: no face."


def test_nothing_is_strongest_while_the_person_is_out_of_view(analysis: Analysis) -> None:
    happy = judged(analysis, [faces({"Happiness": 0.97})] * 3)
    (person,) = analysis.people
    cut = replace(happy, people=[replace(person, in_view=((3.2, 6.6),))], person=person.id)
    assert "strongest from 0:03 to 0:06" in verdict(cut)
    assert "strongest" not in verdict(
        replace(cut, people=[replace(person, in_view=((0.1, happy.segments[-1].end - 0.3),))])
    )


def test_a_source_that_is_as_good_as_flat_says_nothing_clear_and_a_tie_is_called_one(analysis: Analysis) -> None:
    torn = judged(analysis, [{**faces({"Happiness": 0.97}), "audio": {"Happiness": 0.14, "Anger": 0.11}}])
    assert "the face says so, the voice says nothing clear" in verdict(torn)
    torn = judged(analysis, [{**faces({"Happiness": 0.97}), "audio": {"Anger": 0.5, "Disgust": 0.42}}])
    assert "the voice says anger or disgust" in verdict(torn)


def test_nothing_is_strongest_where_something_else_is_stated(analysis: Analysis) -> None:
    sad = judged(analysis, [faces({"Sadness": 0.6, "Neutral": 0.2})] * 3)
    last = replace(sad.statements[2], state="neutral", emotions=(("Neutral", 1.0),))
    fused = sad.fused.copy()
    fused[2, EMOTIONS.index("Sadness")] += 0.2  # the strongest, and yet it is called neutral
    statements = [*sad.statements[:2], last, *sad.statements[3:]]
    torn = replace(sad, statements=statements, outcome=replace(sad.outcome, fused=fused))
    assert f"strongest from 0:00 to {clock(sad.segments[1].end)}" in verdict(torn)


def test_what_differs_by_less_than_anybody_sees_is_not_called_the_strongest(analysis: Analysis) -> None:
    steady = judged(analysis, [faces({"Happiness": value}) for value in (0.97, 0.95, 0.94, 0.96)])
    assert np.ptp(steady.fused[:, EMOTIONS.index("Happiness")]) > 0.01
    assert "strongest" not in verdict(steady)
    rising = judged(analysis, [faces({"Happiness": value}) for value in (0.6, 0.6, 0.95)])
    assert "strongest from 0:04" in verdict(rising)


def test_a_stretch_up_to_the_last_instant_is_the_whole_clip(analysis: Analysis) -> None:
    assert analysis.segments[-1].end - analysis.segments[-2].end == pytest.approx(0.064)
    happy = judged(analysis, [faces({"Happiness": value}) for value in (0.95, 0.95, 0.95, 0.5)])
    assert "strongest from 0:00 to 0:08" in verdict(happy)
    happy = judged(analysis, [faces({"Happiness": value}) for value in (0.95, 0.95, 0.95, 0.95, 0.5)])
    assert "strongest" not in verdict(happy)
