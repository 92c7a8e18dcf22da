"""Evidence: what is computed once per clip and shared by the modalities, in blocks of bounded length."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cer.media.clip import Frame
from cer.perception.face_encoder import Expressions
from cer.perception.speech import Utterance
from cer.perception.tracking import Sighting
from cer.segments import STEP, Segment

FRAME_RATE = 5.0  # frames a second
BLOCK = 20 * STEP  # seconds of segment starts that one block of evidence covers


@dataclass(frozen=True, slots=True)
class Cue:
    """What was measured in one frame: brightness, contrast and colorfulness of the frame, motion since the frame
    before (all in [0, 1]), how many faces, the share of the frame's height that the largest takes, and whether a new
    shot begins."""

    time: float
    brightness: float
    contrast: float
    color: float
    motion: float
    faces: int
    closeness: float
    cut: bool = False


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class Evidence:
    """All that is known about the segments that start in [start, start + BLOCK), so about [start, end) of the clip.

    Sightings and expressions belong together row by row, in order of time. scene_frames: SCENE_RATE a second, for
    models of the whole scene; empty unless asked for.
    """

    start: float
    end: float
    has_video: bool
    has_audio: bool
    cues: list[Cue]
    sightings: list[Sighting]
    expressions: Expressions
    utterances: list[Utterance]
    scene_frames: list[Frame] = field(default_factory=list)

    def segment(self, of: Segment) -> "Evidence":
        """The part of the evidence that lies in a segment."""
        rows = [row for row, sighting in enumerate(self.sightings) if of.start <= sighting.time < of.end]
        return Evidence(
            of.start,
            of.end,
            self.has_video,
            self.has_audio,
            [cue for cue in self.cues if of.start <= cue.time < of.end],
            [self.sightings[row] for row in rows],
            self.expressions[rows],
            between(self.utterances, of.start, of.end),
            [frame for frame in self.scene_frames if of.start <= frame.time < of.end],
        )

    def person(self, person: int | None) -> tuple[list[Sighting], Expressions]:
        """The sightings of one person, and what they express."""
        rows = [row for row, sighting in enumerate(self.sightings) if sighting.person == person]
        return [self.sightings[row] for row in rows], self.expressions[rows]

    @property
    def language(self) -> str | None:
        """The code of the language that is spoken longest; None where none was identified."""
        return spoken_longest(self.utterances)

    def speech(self) -> list[tuple[float, float, Utterance]]:
        """(start, end, utterance) of each stretch of speech, cut to [self.start, self.end)."""
        cut = [
            (max(a, self.start), min(b, self.end), utterance)
            for utterance in self.utterances
            for a, b in utterance.regions
        ]
        return [(a, b, utterance) for a, b, utterance in cut if b > a]

    def voice(self) -> list[tuple[float, float, Utterance]]:
        """(start, end, utterance) of each stretch of voice in order of time: speech, and bursts outside of it."""
        bursts = [
            (max(utterance.start, self.start), min(utterance.end, self.end), utterance)
            for utterance in self.utterances
            if not utterance.regions
        ]
        voice = self.speech() + [(start, end, utterance) for start, end, utterance in bursts if end > start]
        return sorted(voice, key=lambda stretch: stretch[:2])


def between(utterances: Sequence[Utterance], start: float, end: float) -> list[Utterance]:
    """The utterances of which a part lies between two moments."""
    return [utterance for utterance in utterances if utterance.start < end and utterance.end > start]


def spoken_longest(utterances: Sequence[Utterance]) -> str | None:
    """The code of the language of most seconds of the utterances; None where none was identified."""
    seconds: dict[str, float] = {}
    for utterance in utterances:
        if utterance.language is not None:
            seconds[utterance.language] = seconds.get(utterance.language, 0.0) + utterance.end - utterance.start
    return max(seconds, key=lambda language: seconds[language]) if seconds else None
