"""Observation: what all modalities predict for everybody in a clip, and how it is concluded for one person."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cer.errors import CerError
from cer.fusion.decision import decision
from cer.labels import MODALITIES
from cer.media.clip import Clip
from cer.modalities.base import VOICE, WORDS, Prediction, join
from cer.perception.evidence import FRAME_RATE, Evidence, spoken_longest
from cer.perception.speech import Utterance
from cer.perception.stillness import is_still
from cer.perception.transcription import Sentence
from cer.perception.vocal_events import Event
from cer.results.analysis import Analysis, Model, Person
from cer.results.witnesses import supported
from cer.segments import Segment, stretches, timeline

FOREIGN_VOICE = 0.1  # quality of a voice, and of words, that are not the analyzed person's
NO_SOUND = np.zeros(0, np.float32)
_Timed = TypeVar("_Timed", Sentence, Event, Utterance)
MIN_SIGHTINGS = 3  # of a person in the clip to be listed; fewer are a passer-by or a false alarm


def _append_later(existing: list[_Timed], items: list[_Timed]) -> None:
    """Append the items that start after the last existing one: blocks overlap, and each item counts once."""
    last_start = existing[-1].start if existing else -1.0
    existing += sorted((item for item in items if item.start > last_start), key=lambda item: item.start)


def without_gaps(times: Sequence[float], start: float, end: float) -> NDArray[np.float64]:
    """Seconds of the frames between start and end; between frames that are far apart, before the first, after the last
    and where there is none, FRAME_RATE a second, so that every part of a clip counts for as long as it is.
    """
    parts = [np.asarray(times, np.float64)]
    for earlier, later in pairwise([start - 1 / FRAME_RATE, *times, end]):
        if later - earlier > 2 / FRAME_RATE or not len(times):
            parts.append(np.arange(earlier + 1 / FRAME_RATE, later - 1e-6, 1 / FRAME_RATE))
    return np.sort(np.concatenate(parts))


@dataclass
class Observation:
    """What all modalities see in a clip, for every person in it. Made by `observe`; ask it for an Analysis with
    `conclude`.
    """

    clip: Clip
    profile: str
    models: list[Model]
    sources: dict[str, str] = field(default_factory=dict)  # modality -> what its evidence comes from
    segments: list[Segment] = field(default_factory=list)
    blocks: list[dict[int | None, dict[str, Prediction]]] = field(default_factory=list)
    speakers: list[int | str | None] = field(default_factory=list)  # of each segment: a person, OFF_SCREEN or nobody
    times: list[float] = field(default_factory=list)
    people: dict[int, Person] = field(default_factory=dict)
    boxes: dict[int, list[np.ndarray]] = field(default_factory=dict)
    changes: dict[int, list[float]] = field(default_factory=dict)  # of each sighting of a person, see `stillness`
    cuts: list[float] = field(default_factory=list)  # seconds at which a new shot begins
    transcript: list[Sentence] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    utterances: list[Utterance] = field(default_factory=list)  # without their sound
    timings: dict[str, float] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)  # modality -> why its weights cannot be had
    warnings: list[str] = field(default_factory=list)  # what of the clip was damaged or lost

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.timings[stage] = self.timings.get(stage, 0.0) + time.perf_counter() - started

    @property
    def language(self) -> str | None:
        """The code of the language that is spoken longest; None where none was identified."""
        return spoken_longest(self.utterances)

    def people_by_screen_time(self) -> list[Person]:
        """The people of the clip, the one seen longest first and pictures of people last; passers-by only when there is
        nobody else.
        """
        people = self._ranked()
        return [person for person in people if person.seconds_visible >= MIN_SIGHTINGS / FRAME_RATE - 1e-6] or people

    def _ranked(self) -> list[Person]:
        """Everybody, the living one with most screen time first."""
        people = [replace(person, still=is_still(self.changes.get(person.id, []))) for person in self.people.values()]
        return sorted(people, key=lambda person: (person.still, -person.seconds_visible, person.id))

    def conclude(self, person: int | None = None) -> Analysis:
        """The Analysis for one person; by default for the living one seen longest. Raises CerError for a person that
        the clip does not show.
        """
        people = self.people_by_screen_time()
        if person is not None and person not in self.people:
            listed = ", ".join(str(person.id) for person in people) or "nobody"
            raise CerError(f"{self.clip.name}: person {person} is not in this clip; it shows {listed}.")
        chosen = person if person is not None else people[0].id if people else None
        started = time.perf_counter()
        predictions = {
            name: join([block.get(chosen, block[None]).get(name) or block[None][name] for block in self.blocks])
            for name in MODALITIES
        }
        present = np.stack([predictions[name].present for name in MODALITIES], 1)
        rules = decision()
        embeddings = {name: prediction.embedding for name, prediction in predictions.items()}
        outcome = rules.decide(
            np.stack([predictions[name].probabilities for name in MODALITIES], 1),
            present,
            rules.similarities(embeddings, len(present)),
            self._quality(predictions, chosen),
            direct=next((each.compounds for each in predictions.values() if each.compounds is not None), None),
        )
        statement, statements = rules.statements(outcome)
        times = without_gaps(self.times, self.segments[0].start, self.segments[-1].end)
        analysis = Analysis(
            clip=self.clip,
            profile=self.profile,
            segments=self.segments,
            predictions=predictions,
            sources=self.sources,
            outcome=outcome,
            statements=statements,
            statement=statement,
            times=times,
            timeline=timeline(self.segments, outcome.compound, times),
            person=chosen,
            people=[replace(somebody, in_view=self._in_view(somebody.id)) for somebody in people],
            models=self.models,
            timings={**self.timings, "fusion": time.perf_counter() - started},
            transcript=self.transcript,
            events=tuple(self.events),
            cuts=tuple(self.cuts),
            language=self.language,
            warnings=tuple(self.warnings),
            speakers=tuple(self.speakers),
            boxes=np.array(self.boxes.get(chosen, []) if chosen is not None else [], np.float32).reshape(-1, 5),
        )
        return supported(analysis)

    def predictions_of(self, name: str) -> Iterator[Prediction]:
        """A modality's predictions for everybody, block by block."""
        for block in self.blocks:
            for predictions in block.values():
                if name in predictions:
                    yield predictions[name]

    def _in_view(self, person: int) -> tuple[tuple[float, float], ...]:
        return stretches([float(box[0]) for box in self.boxes[person]], 1 / FRAME_RATE)

    def _quality(self, predictions: dict[str, Prediction], person: int | None) -> np.ndarray:
        """Quality float32 [S, M] of the modalities' evidence about a person: a voice that is somebody else's, or of
        somebody not in view, and its words, hardly count while the person's own face is seen.
        """
        quality = np.stack([predictions[name].quality for name in MODALITIES], 1)
        foreign = np.array([speaker is not None and speaker != person for speaker in self.speakers], bool)
        foreign &= predictions["static_face"].present
        spoken = [column for column, name in enumerate(MODALITIES) if self.sources[name] in (VOICE, WORDS)]
        quality[np.ix_(np.flatnonzero(foreign), np.array(spoken, int))] *= FOREIGN_VOICE
        return quality

    def remember(self, block: Evidence) -> None:
        """Keep what outlives the block: times, words, who was seen how long, and where."""
        last = self.times[-1] if self.times else -1.0
        self.times += [cue.time for cue in block.cues if cue.time > last]
        self.cuts += [cue.time for cue in block.cues if cue.cut and cue.time > last]
        soundless = [replace(utterance, samples=NO_SOUND, rows=NO_SOUND) for utterance in block.utterances]
        _append_later(self.transcript, [sentence for utterance in soundless for sentence in utterance.sentences])
        _append_later(self.events, [event for utterance in soundless for event in utterance.events])
        _append_later(self.utterances, soundless)
        for sighting in block.sightings:
            if sighting.time <= last:
                continue
            person = self.people.get(sighting.person)
            best = person.thumbnail if person is not None and len(self.boxes[sighting.person]) > 5 else sighting.crop
            self.people[sighting.person] = Person(
                sighting.person,
                (person.seconds_visible if person else 0.0) + 1 / FRAME_RATE,
                person.first_seen if person else sighting.time,
                best,
            )
            self.changes.setdefault(sighting.person, []).append(sighting.change)
            self.boxes.setdefault(sighting.person, []).append(np.array([sighting.time, *sighting.face.box], np.float32))

    def numbered(self) -> "Observation":
        """A snapshot with people numbered 1, 2, 3, ... by screen time, pictures last; while a clip is watched they have
        their track's number.
        """
        ranked = self._ranked()
        number = {person.id: rank for rank, person in enumerate(ranked, 1)}
        return replace(
            self,
            people={number[person.id]: replace(person, id=number[person.id]) for person in ranked},
            speakers=[number[track] if isinstance(track, int) else track for track in self.speakers],
            boxes={number[track]: list(boxes) for track, boxes in self.boxes.items()},
            changes={number[track]: list(values) for track, values in self.changes.items()},
            segments=list(self.segments),
            times=list(self.times),
            cuts=list(self.cuts),
            transcript=list(self.transcript),
            events=list(self.events),
            utterances=list(self.utterances),
            warnings=list(self.warnings),
            blocks=[
                {None if track is None else number[track]: predictions for track, predictions in block.items()}
                for block in self.blocks
            ],
        )
