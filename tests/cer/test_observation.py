"""Who is listed, numbered and analyzed: observations of made sightings, without a clip or a model."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cer import pipeline
from cer.errors import CerError, WeightsError
from cer.labels import MODALITIES
from cer.media.clip import Clip
from cer.modalities.base import Modality, Prediction, SegmentPrediction, absent, collect
from cer.models.checkpoints import Checkpoint
from cer.observation import FOREIGN_VOICE, Observation, without_gaps
from cer.perception.evidence import BLOCK, FRAME_RATE, Cue, Evidence
from cer.perception.face_detection import TEMPLATE, Face
from cer.perception.face_encoder import NOTHING, UNITS, Expressions
from cer.perception.speaking import OFF_SCREEN
from cer.perception.speech import Utterance
from cer.perception.tracking import Sighting
from cer.perception.transcription import Sentence
from cer.perception.vocal_events import Event
from cer.pipeline import MAX_PEOPLE
from cer.progress import Progress, silent
from cer.results.document import to_json
from cer.segments import WINDOW, Segment, windows

CLIP = Clip(Path("made.mp4"), "made.mp4", 8.0, 25.0, 320, 180, True, True, 0)
SOURCES = dict.fromkeys(MODALITIES, "face") | {"audio": "voice", "text": "words"}


class Stand:
    """A modality that predicts Neutral with the share of its person's number in ten, and absence for nobody."""

    source = "face"
    needs_frames = False
    needs_bodies = False

    def __init__(self, name: str, *, per_person: bool = True) -> None:
        self.name = name
        self.per_person = per_person

    def describe(self) -> tuple[Checkpoint, ...]:
        return ()

    def load(self, progress: Progress) -> None:
        pass

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        if person is None and self.per_person:
            return absent(len(segments), "no face")
        neutral = (person or 0) / 10
        probabilities = np.array([neutral, *[(1 - neutral) / 7] * 7], np.float32)
        return collect([SegmentPrediction(probabilities, None)] * len(segments), None)


class Damaged(Stand):
    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        raise WeightsError("its hash is wrong")


def serving() -> dict[str, Modality]:
    return {name: Stand(name, per_person=name not in {"audio", "text"}) for name in MODALITIES}


def sighting(time: float, person: int, left: float = 0.1, change: float = 0.1) -> Sighting:
    face = Face(np.array([left, 0.1, left + 0.2, 0.5], np.float32), TEMPLATE, 0.9)
    return Sighting(time, person, face, np.full((112, 112, 3), round(time * FRAME_RATE) % 256, np.uint8), change)


def block(sightings: Sequence[Sighting], start: float = 0.0, end: float = 8.0, words: Sequence[str] = ()) -> Evidence:
    """Evidence with a cue every fifth of a second, these sightings, and a sentence a second."""
    sentences = tuple(Sentence(start + second, start + second + 1, text, 1.0) for second, text in enumerate(words))
    return Evidence(
        start,
        end,
        True,
        True,
        [
            Cue(step / FRAME_RATE, 0.5, 0.2, 0.2, 0.0, 1, 0.4)
            for step in range(round(start * FRAME_RATE), round(end * FRAME_RATE))
        ],
        list(sightings),
        expressions(len(sightings)),
        [Utterance(start, end, ((start, end),), np.zeros(1, np.float32), np.zeros((0, 1), np.float32), sentences)],
    )


def expressions(count: int) -> Expressions:
    sizes = {"logits": 8, "embeddings": 256, "units": len(UNITS)}
    arrays = {name: np.zeros((count, size), np.float32) for name, size in sizes.items()}
    return Expressions(**arrays, quality=np.ones(count, np.float32))


def seen_for(frames: dict[int, int], first: float = 0.0) -> list[Sighting]:
    """Each person, by track, in so many consecutive frames from `first` seconds on."""
    return sorted(
        (sighting(first + frame / FRAME_RATE, person) for person, count in frames.items() for frame in range(count)),
        key=lambda moment: moment.time,
    )


def observation(*blocks: Evidence) -> Observation:
    """What is observed when these blocks come in turn; people are numbered at the end, as `observe` does."""
    observed = Observation(CLIP, "embedded", [], SOURCES)
    for part in blocks:
        pipeline.add_block(observed, part, serving(), silent)
    return observed.numbered()


def test_the_person_with_most_screen_time_is_analyzed_by_default() -> None:
    observed = observation(block(seen_for({1: 5, 2: 20, 3: 10})))
    analysis = observed.conclude()
    assert [round(person.seconds_visible * FRAME_RATE) for person in analysis.people] == [20, 10, 5]
    assert analysis.person == analysis.people[0].id == 1
    assert analysis.predictions["static_face"].probabilities[0, 0] == pytest.approx(0.2)  # of track 2
    assert len(analysis.boxes) == 20


def test_a_picture_of_somebody_comes_after_the_living_however_long_it_is_seen() -> None:
    living = seen_for({1: 5, 3: 8})
    photo = [sighting(frame / FRAME_RATE, 2, change=0.001) for frame in range(40)]
    observed = observation(block(sorted([*living, *photo], key=lambda moment: moment.time)))
    analysis = observed.conclude()
    assert [(person.id, person.still) for person in analysis.people] == [(1, False), (2, False), (3, True)]
    assert [round(person.seconds_visible * FRAME_RATE) for person in analysis.people] == [8, 5, 40]
    assert analysis.person == 1
    document = json.loads(to_json(analysis))
    assert [person["still"] for person in document["people"]] == [False, False, True]
    alone = observation(block(photo)).conclude()
    assert alone.person == 1
    assert alone.people[0].still


def test_passers_by_are_not_listed_as_people() -> None:
    observed = observation(block(seen_for({1: 2, 2: 3, 3: 1, 4: 20})))
    assert [round(person.seconds_visible * FRAME_RATE) for person in observed.people_by_screen_time()] == [20, 3]
    assert [person.id for person in observed.conclude().people] == [1, 2]


def test_passers_by_are_listed_when_there_is_nobody_else() -> None:
    observed = observation(block(seen_for({1: 1, 2: 2})))
    assert [round(person.seconds_visible * FRAME_RATE) for person in observed.people_by_screen_time()] == [2, 1]
    assert observed.conclude().person == 1


def test_people_are_numbered_by_screen_time_and_by_their_track_where_it_is_equal() -> None:
    observed = observation(block(seen_for({5: 4, 7: 9, 9: 4})))
    assert [(person.id, round(person.seconds_visible * FRAME_RATE)) for person in observed.people.values()] == [
        (1, 9),
        (2, 4),
        (3, 4),
    ]
    assert {number: len(boxes) for number, boxes in observed.boxes.items()} == {1: 9, 2: 4, 3: 4}
    neutral = [observed.conclude(number).predictions["scene_label"].probabilities[0, 0] for number in (1, 2, 3)]
    assert neutral == pytest.approx([0.7, 0.5, 0.9])  # of tracks 7, 5 and 9


def test_a_person_can_be_chosen_and_strangers_are_refused_with_those_that_are_there() -> None:
    observed = observation(block(seen_for({1: 5, 2: 20})))
    assert observed.conclude(2).person == 2
    assert len(observed.conclude(2).boxes) == 5
    with pytest.raises(CerError, match=r"made.mp4: person 9 is not in this clip; it shows 1, 2."):
        observed.conclude(9)
    with pytest.raises(CerError, match="it shows nobody"):
        observation(block([])).conclude(1)


def test_a_clip_without_people_is_analyzed_for_nobody() -> None:
    analysis = observation(block([])).conclude()
    assert analysis.person is None
    assert analysis.people == []
    assert analysis.boxes.shape == (0, 5)
    assert analysis.predictions["static_face"].reasons == ("no face",) * len(analysis.segments)
    assert analysis.predictions["audio"].present.all()


def test_what_is_said_is_the_same_for_everybody() -> None:
    observed = observation(block(seen_for({3: 9, 4: 5})))
    first, second = observed.conclude(1), observed.conclude(2)
    np.testing.assert_array_equal(first.predictions["audio"].probabilities, second.predictions["audio"].probabilities)
    assert not np.array_equal(
        first.predictions["static_face"].probabilities, second.predictions["static_face"].probabilities
    )


def test_a_person_who_is_missing_from_a_block_is_absent_there() -> None:
    observed = observation(
        block(seen_for({1: 9}), 0.0, BLOCK + 4), block(seen_for({2: 20}, BLOCK + 5), BLOCK, BLOCK + 10)
    )
    analysis = observed.conclude(2)  # track 1
    here = [segment.start < BLOCK for segment in analysis.segments]
    assert analysis.predictions["static_face"].present.tolist() == here
    assert analysis.predictions["audio"].present.all()


def test_at_most_six_people_of_a_block_are_analyzed_those_in_most_frames() -> None:
    observed = observation(block(seen_for({person: 10 + person for person in range(1, 9)})))
    assert len(observed.people) == 8
    assert set(observed.blocks[0]) == {None, *range(1, MAX_PEOPLE + 1)}
    assert not observed.conclude(7).predictions["static_face"].present.any()


def test_blocks_overlap_and_nothing_in_the_overlap_counts_twice() -> None:
    early = block(seen_for({1: 5}, BLOCK), 0.0, BLOCK + 4, ["Hello."] * 2)
    late = block(seen_for({1: 25}, BLOCK), BLOCK, BLOCK + 6)
    observed = observation(early, late)
    assert observed.times == pytest.approx(np.arange(0, BLOCK + 6, 1 / FRAME_RATE))
    assert len(observed.boxes[1]) == 10  # 5, and the last 5 of the 25: the others lie before the end of the first block
    assert observed.people[1].seconds_visible == pytest.approx(10 / FRAME_RATE)
    assert observed.people[1].first_seen == BLOCK
    assert [segment.start for segment in observed.segments] == [2.0 * step for step in range(23)]
    assert len(observed.conclude().fused) == 23


@pytest.mark.parametrize("length", [41.0, 43.0, 43.9, 44.0, 81.5, 83.0])
def test_no_segment_of_the_last_seconds_is_lost(length: float) -> None:
    whole = [block([], start, start + BLOCK + WINDOW) for start in np.arange(0, length - BLOCK - WINDOW + 1e-6, BLOCK)]
    observed = observation(*whole, block([], len(whole) * BLOCK, length))
    assert observed.segments == windows(length)


def test_an_image_that_stays_for_long_counts_for_as_long() -> None:
    usual = [0.0, 0.2, 0.4, 0.8, 1.04]
    assert without_gaps(usual, 0.0, 1.2).tolist() == usual
    assert without_gaps([0.0], 0.0, 1.0) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert without_gaps([0.1, 0.9, 1.1], 0.0, 1.3) == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9, 1.1])
    assert without_gaps([0.9, 1.1], 0.0, 1.3) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.1])
    assert without_gaps([298.1, 298.3], 298.0, 299.0) == pytest.approx([298.1, 298.3, 298.5, 298.7, 298.9])
    assert without_gaps([], 0.0, 0.05) == pytest.approx([0])
    assert without_gaps([], 0.0, 0.5) == pytest.approx([0, 0.2, 0.4])


def test_events_of_two_blocks_are_in_order_and_none_is_listed_twice() -> None:
    def with_bursts(*starts: float) -> Evidence:
        bursts = tuple(Event(start, start + 0.5, "laugh", 0.9) for start in starts)
        return replace(block([]), utterances=[replace(block([]).utterances[0], events=bursts)])

    observed = Observation(CLIP, "embedded", [], SOURCES)
    for starts in ((42.0, 41.0), (42.0, 41.0, 43.0)):
        observed.remember(with_bursts(*starts))
    assert [event.start for event in observed.events] == [41.0, 42.0, 43.0]


def test_a_sentence_in_two_blocks_is_written_down_once() -> None:
    first = block([], 0.0, 8.0, ["Hello.", "How are you?"])
    second = block([], 1.0, 8.0, ["How are you?", "Fine."])
    observed = Observation(CLIP, "embedded", [], SOURCES)
    observed.remember(first)
    observed.remember(second)
    assert [sentence.text for sentence in observed.transcript] == ["Hello.", "How are you?", "Fine."]


def test_a_block_without_a_segment_of_its_own_adds_people_only() -> None:
    observed = Observation(CLIP, "embedded", [], SOURCES)
    pipeline.add_block(observed, block(seen_for({1: 3}), 0.0, BLOCK + 0.5), serving(), silent)
    pipeline.add_block(observed, block(seen_for({2: 4}, BLOCK + 0.5), BLOCK, BLOCK + 0.9), serving(), silent)
    assert len(observed.blocks) == 1
    assert [segment.start for segment in observed.segments] == [2.0 * step for step in range(20)]
    assert len(observed.boxes[1]) == 3


def test_the_thumbnail_is_the_sixth_sighting_when_there_are_so_many() -> None:
    """Whoever comes into view is often turned or cut off at first."""
    thumbnails = [observation(block(seen_for({1: count}))).people[1].thumbnail[0, 0, 0] for count in (1, 4, 6, 20)]
    assert thumbnails == [0, 3, 5, 5]


def test_boxes_have_their_time_and_place() -> None:
    observed = observation(block([sighting(0.4, 1, 0.1), sighting(0.6, 1, 0.3), sighting(0.8, 1, 0.5)]))
    np.testing.assert_allclose(
        observed.conclude().boxes,
        [[0.4, 0.1, 0.1, 0.3, 0.5], [0.6, 0.3, 0.1, 0.5, 0.5], [0.8, 0.5, 0.1, 0.7, 0.5]],
        atol=1e-6,
    )
    assert observed.people[1].first_seen == 0.4


def test_a_modality_without_weights_is_absent_with_the_reason_and_costs_no_other() -> None:
    observed = Observation(CLIP, "embedded", [], SOURCES, unavailable={"audio": "model not available: audio.onnx"})
    damaged: dict[str, Modality] = {**serving(), "scene_label": Damaged("scene_label")}
    pipeline.add_block(observed, block(seen_for({1: 9})), damaged, silent)
    analysis = observed.conclude()
    count = len(analysis.segments)
    assert analysis.predictions["audio"].reasons == ("model not available: audio.onnx",) * count
    assert analysis.predictions["scene_label"].reasons == ("model not available: its hash is wrong",) * count
    assert analysis.predictions["static_face"].present.all()


def test_a_clip_of_sound_alone_has_a_time_line() -> None:
    observed = observation(Evidence(0.0, 4.0, False, True, [], [], NOTHING, []))
    assert observed.conclude().times == pytest.approx(np.arange(0, 4, 1 / FRAME_RATE))


def spoken_by(speaker: int | str | None, faces: dict[int, int]) -> Observation:
    """What is observed of faces by track, each in so many frames, while `speaker` speaks in every segment."""
    observed = Observation(CLIP, "embedded", [], SOURCES)
    pipeline.add_block(observed, block(seen_for(faces)), serving(), silent)
    observed = observed.numbered()
    observed.speakers = [speaker] * len(observed.segments)
    return observed


@pytest.mark.parametrize(
    ("speaker", "weight"), [(1, 1.0), (None, 1.0), (2, FOREIGN_VOICE), (OFF_SCREEN, FOREIGN_VOICE)]
)
def test_a_voice_that_is_not_the_person_s_hardly_counts_and_neither_do_its_words(
    speaker: int | str | None, weight: float
) -> None:
    quality = spoken_by(speaker, {1: 20, 2: 9}).conclude(1).outcome.quality
    spoken = [MODALITIES.index("audio"), MODALITIES.index("text")]
    assert quality[:, spoken] == pytest.approx(np.full((len(quality), 2), weight))
    others = [column for column in range(len(MODALITIES)) if column not in spoken]
    assert quality[:, others] == pytest.approx(np.ones((len(quality), 4)))


def test_a_voice_from_nowhere_counts_in_full_where_nobody_is_in_view() -> None:
    quality = spoken_by(OFF_SCREEN, {}).conclude().outcome.quality
    assert quality == pytest.approx(np.ones(quality.shape))


@pytest.mark.parametrize(("end", "fraction"), [(4.0, 0.45), (8.0, 0.9), (12.0, 0.9)])
def test_progress_is_nine_tenths_of_the_share_of_the_clip(end: float, fraction: float) -> None:
    reported: list[float] = []
    pipeline.add_block(
        Observation(CLIP, "embedded", [], SOURCES),
        block([], end=end),
        serving(),
        lambda stage, done: reported.append(done),
    )
    assert reported == pytest.approx([fraction] * len(MODALITIES))


def test_progress_of_a_clip_of_unknown_length_is_nine_tenths() -> None:
    reported: list[float] = []
    observed = Observation(replace(CLIP, duration=0.0), "embedded", [], SOURCES)
    pipeline.add_block(observed, block([]), serving(), lambda stage, done: reported.append(done))
    assert reported == pytest.approx([0.9] * len(MODALITIES))


def test_the_time_of_a_stage_is_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([10.0, 12.0, 20.0, 23.0])
    monkeypatch.setattr("cer.observation.time.perf_counter", lambda: next(ticks))
    observed = Observation(CLIP, "embedded", [], SOURCES)
    for _ in range(2):
        with observed.timed("audio"):
            pass
    assert observed.timings == {"audio": 5.0}


def test_a_single_sighting_lasts_as_long_as_a_frame() -> None:
    assert observation(block([sighting(0.4, 1)])).people[1].seconds_visible == pytest.approx(1 / FRAME_RATE)
