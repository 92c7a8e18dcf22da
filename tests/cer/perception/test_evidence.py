"""Evidence of made sightings and utterances: what of it lies in a segment, and whose it is."""

from collections.abc import Sequence

import numpy as np

from cer.media.clip import Frame
from cer.perception.evidence import Cue, Evidence, between, spoken_longest
from cer.perception.face_detection import TEMPLATE, Face
from cer.perception.face_encoder import UNITS, Expressions
from cer.perception.speech import Utterance
from cer.perception.tracking import Sighting
from cer.segments import Segment

FACE = Face(np.array([0.1, 0.1, 0.3, 0.5], np.float32), TEMPLATE, 0.9)
CROP = np.zeros((112, 112, 3), np.uint8)


def utterance(start: float, end: float, *regions: tuple[float, float], language: str | None = None) -> Utterance:
    return Utterance(start, end, regions, np.zeros(0, np.float32), np.zeros((0, 1), np.float32), language=language)


def evidence(sightings: Sequence[tuple[float, int]] = (), utterances: Sequence[Utterance] = ()) -> Evidence:
    """Ten seconds of evidence. sightings: (seconds, person) of each, whose quality is its row."""
    rows = np.arange(len(sightings), dtype=np.float32)
    logits, embeddings, units = (np.tile(rows[:, None], (1, size)) for size in (8, 256, len(UNITS)))
    return Evidence(
        0.0,
        10.0,
        True,
        True,
        [Cue(float(second), 0.5, 0.2, 0.2, 0.0, 1, 0.4) for second in range(10)],
        [Sighting(time, person, FACE, CROP) for time, person in sightings],
        Expressions(logits, embeddings, units, rows),
        list(utterances),
        [Frame(float(second), CROP) for second in range(10)],
    )


def test_a_segment_begins_with_its_start_and_ends_before_its_end() -> None:
    whole = evidence([(1.9, 1), (2.0, 1), (3.0, 2), (4.0, 1)], [utterance(0, 2), utterance(1, 5), utterance(4, 6)])
    part = whole.segment(Segment(2.0, 4.0))
    assert (part.start, part.end) == (2.0, 4.0)
    assert [sighting.time for sighting in part.sightings] == [2.0, 3.0]
    assert part.expressions.quality.tolist() == [1, 2]
    assert part.expressions.logits[:, 0].tolist() == [1, 2]
    assert [cue.time for cue in part.cues] == [2.0, 3.0]
    assert [frame.time for frame in part.scene_frames] == [2.0, 3.0]
    assert [(each.start, each.end) for each in part.utterances] == [(1, 5)]


def test_a_person_s_sightings_keep_the_expressions_of_their_rows() -> None:
    sightings, expressions = evidence([(0.0, 1), (0.2, 2), (0.4, 1), (0.6, 3)]).person(1)
    assert [sighting.time for sighting in sightings] == [0.0, 0.4]
    assert expressions.quality.tolist() == [0, 2]
    nobody, nothing = evidence([(0.0, 1)]).person(None)
    assert nobody == []
    assert len(nothing) == 0


def test_speech_is_cut_to_the_segment_and_what_lies_outside_is_gone() -> None:
    speech = utterance(0.0, 9.0, (0.5, 1.5), (1.8, 2.5), (3.5, 6.0), (7.0, 8.0))
    part = evidence(utterances=[speech]).segment(Segment(2.0, 4.0))
    assert part.speech() == [(2.0, 2.5, speech), (3.5, 4.0, speech)]


def test_voice_is_speech_and_the_bursts_between_in_order_of_time() -> None:
    laugh, words, scream = utterance(0.5, 1.5), utterance(2.0, 5.0, (2.0, 3.0), (4.0, 5.0)), utterance(6.0, 12.0)
    several = evidence(utterances=[words, laugh, scream])
    assert several.voice() == [(0.5, 1.5, laugh), (2.0, 3.0, words), (4.0, 5.0, words), (6.0, 10.0, scream)]
    assert several.speech() == [(2.0, 3.0, words), (4.0, 5.0, words)]


def test_an_utterance_that_only_touches_a_stretch_is_not_in_it() -> None:
    utterances = [utterance(0, 1), utterance(1, 2), utterance(1.5, 3), utterance(2, 4)]
    assert [each.start for each in between(utterances, 1.0, 2.0)] == [1, 1.5]


def test_the_language_is_that_of_most_seconds_and_the_unknown_has_no_vote() -> None:
    utterances = [utterance(0, 2, language="de"), utterance(2, 5, language="en"), utterance(5, 7, language="de")]
    assert spoken_longest(utterances) == "de"
    assert spoken_longest([*utterances, utterance(7, 30)]) == "de"
    assert spoken_longest([utterance(0, 2)]) is None
    assert evidence(utterances=utterances).segment(Segment(2.0, 4.0)).language == "en"
