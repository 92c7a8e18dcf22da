"""People: which face of this frame is which person of the clip.

A track follows a face's box from frame to frame and ends with the shot. Whom it shows is decided later, when it is
known as a whole: the identities of several of its faces, from different moments, are compared with those of the people
before. So a person stays one person through cuts, turns, leaving and returning, and a track that began with a blurred
face is not judged by that face. Two people taken for one spoil an analysis, one taken for two does less harm: in doubt
it is a new person, and two faces of one frame are never one person.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cer.perception import identity
from cer.perception.face_detection import Face, crop, overlap

LOST_AFTER = 1.0  # seconds without the face before its box says nothing about where it is
MIN_OVERLAP = 0.2  # intersection over union with the box before
CUT = 0.16  # mean absolute difference of two 32x18 images in [0, 1] that means a new shot
# Correlation of a face with that at its place before, above which it is the same without asking for its identity. In
# the shared clips 95 % of the faces of a track lie above, and 0.5 % of the pairs of two people.
MIN_LIKENESS = 0.8
# Cosine of the identities of a track and a person. Of 20,165 pairs of tracks of two of 28 people of the shared clips
# 0.08 % lie above, and of 9,656 pairs of tracks of one person 2.0 % below; 0.36 % and 1.3 % at 0.45. Of single photos
# of muxspace people (kept fifth) 0.01 % of the pairs of two people lie above, 90 % of the pairs of one below.
SAME_PERSON = 0.5
# The same for two unlike faces at one place, within LOST_AFTER: 0.45 or more on upright faces of the shared clips but
# for a change of person, below 0.3 for 95 % of the pairs of two people.
SAME_AT_ITS_PLACE = 0.3
# Mean absolute step between neighboring pixels of a crop, in its own standard deviations, summed over both directions.
# Blurred faces of different people are alike (cosines of 0.5 to 0.9 below 0.13 in a dark clip), so their identity is
# not asked for. Sharp faces have 0.2 to 0.3, those of 25 pixels 0.12 to 0.17.
MIN_SHARPNESS = 0.135

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face in a frame. person: number of the track, until `Tracker.identify` puts the person's in its place.
    crop: RGB uint8 [112, 112, 3]. change: since the frame before, see `stillness`; NaN where it is not known. joints:
    of the body, see `body.find_joints`; None in frames in which it was not looked for.
    """

    time: float
    person: int
    face: Face
    crop: np.ndarray
    change: float = math.nan
    joints: np.ndarray | None = None


@dataclass(slots=True, eq=False)
class _Person:
    number: int = 0  # 0 until it is numbered
    identity: NDArray[np.float32] | float = 0.0  # sum of unit vectors [D]
    tracks: set[int] = field(default_factory=set)


@dataclass(slots=True, eq=False)
class _Track:
    number: int
    face: Face
    crop: np.ndarray
    last_time: float  # seconds
    sightings: int = 0
    sharp: int = 0  # sightings that show enough for an identity
    crops: list[np.ndarray] = field(default_factory=list)  # those whose identity was not asked for yet
    identity: NDArray[np.float32] | float = 0.0  # sum of unit vectors [D]
    beside: set[int] = field(default_factory=set)  # tracks that share a frame with this one
    person: _Person | None = None

    def add(self, time: float, face: Face, crop: np.ndarray) -> None:
        """Add a sighting. Its crop counts for the identity if it is the 1st, 2nd, 4th, 8th, ... sharp one: few, and
        from different moments."""
        self.face, self.crop, self.last_time = face, crop, time
        self.sightings += 1
        if sharpness(crop) >= MIN_SHARPNESS:
            self.sharp += 1
            if self.sharp & (self.sharp - 1) == 0:
                self.crops.append(crop)


def thumbnail(image: np.ndarray) -> np.ndarray:
    """float32 [18, 32, 3] in [0, 1], each the mean of its part: enough to tell one shot from another."""
    # Reduced by whole numbers first, it takes half the time.
    small = Image.fromarray(image).resize((32, 18), Image.Resampling.BOX, reducing_gap=1.0)
    return np.asarray(small, np.float32) / 255


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    """Correlation in [-1, 1] of two crops, grey and reduced to 16x16."""
    small = [np.asarray(Image.fromarray(crop).convert("L").reduce(7), np.float32).ravel() for crop in (first, second)]
    a, b = (values - values.mean() for values in small)
    return float(a @ b) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-6)


def sharpness(crop: np.ndarray) -> float:
    """How sharp a crop is, in the unit of MIN_SHARPNESS."""
    grey = np.asarray(Image.fromarray(crop).convert("L"), np.float32)
    steps = np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()
    return float(steps / max(float(grey.std()), 1.0))


class Tracker:
    """Follows the faces of consecutive frames, and numbers the people from 1 in order of appearance.

    Args:
        embed: identities [N, D], unit length, of crops uint8 [N, 112, 112, 3].
    """

    def __init__(self, embed: Embed = identity.embed) -> None:
        self._embed = embed
        self._previous: np.ndarray | None = None
        self._current: list[_Track] = []  # those that may go on
        self._undecided: list[_Track] = []  # those that belong to nobody yet
        self._collecting: list[_Track] = []  # those that may have crops whose identity was not asked for
        self._people: list[_Person] = []
        self._person_of: dict[int, int] = {}  # number of a track -> number of its person
        self._begun = 0  # tracks
        self.cut = False  # whether a new shot began with the latest frame

    def update(self, time: float, image: np.ndarray, faces: list[Face]) -> list[Sighting]:
        """Sightings of `faces` in the RGB frame shown at `time` seconds, by track; times must not go back."""
        small = thumbnail(image)
        self.cut = self._previous is not None and float(np.abs(small - self._previous).mean()) > CUT
        self._previous = small
        self._current = [] if self.cut else [track for track in self._current if time - track.last_time <= LOST_AFTER]
        crops = [crop(image, face) for face in faces]
        followed = self._follow(faces, crops)
        tracks = [
            followed.get(row) or self._begin(time, face, cut_out)
            for row, (face, cut_out) in enumerate(zip(faces, crops, strict=True))
        ]
        numbers = {track.number for track in tracks}
        for track, face, cut_out in zip(tracks, faces, crops, strict=True):
            track.add(time, face, cut_out)
            track.beside |= numbers - {track.number}
        return [Sighting(time, track.number, track.face, track.crop) for track in tracks]

    def identify(self, sightings: Sequence[Sighting]) -> list[Sighting]:
        """The sightings by person. Decides whom the tracks so far show; what was decided before stays as it is."""
        if self._begun > 1:
            self._embed_tracks()
        for track in sorted(self._undecided, key=lambda track: -track.sharp):  # the best evidence first
            person = self._recognize(track) or _Person()
            if not person.tracks:
                self._people.append(person)
            person.identity = person.identity + track.identity
            person.tracks.add(track.number)
            track.person = person
        for track in self._undecided:
            assert track.person is not None
            track.person.number = track.person.number or max(person.number for person in self._people) + 1
            self._person_of[track.number] = track.person.number
        self._undecided = []
        return [replace(sighting, person=self._person_of[sighting.person]) for sighting in sightings]

    def _follow(self, faces: list[Face], crops: list[np.ndarray]) -> dict[int, _Track]:
        """Faces that continue a track: those that overlap most first, as far as they look alike."""
        gain = np.array([[overlap(face.box, track.face.box) for track in self._current] for face in faces])
        if not gain.size:
            return {}
        gain[gain < MIN_OVERLAP] = 0
        pairs = [(row, self._current[column]) for row, column in _assigned(gain)]
        return {row: track for row, track in pairs if self._is_same(track.crop, crops[row])}

    def _is_same(self, before: np.ndarray, now: np.ndarray) -> bool:
        """Whether the faces at one place in two frames are one person: nobody stepped in front, no cut was missed."""
        if likeness(before, now) >= MIN_LIKENESS:
            return True
        first, second = self._embed(np.stack([before, now]))
        return float(first @ second) >= SAME_AT_ITS_PLACE

    def _begin(self, time: float, face: Face, crop: np.ndarray) -> _Track:
        self._begun += 1
        track = _Track(self._begun, face, crop, time)
        self._current.append(track)
        self._undecided.append(track)
        self._collecting.append(track)
        return track

    def _embed_tracks(self) -> None:
        """Add the identities of the crops that were collected since the last time."""
        for track in self._collecting:
            if track.crops:
                identity = self._embed(np.stack(track.crops)).sum(0)
                track.identity = track.identity + identity
                track.crops = []
                if track.person is not None:
                    track.person.identity = track.person.identity + identity
        self._collecting = list(self._current)

    def _recognize(self, track: _Track) -> _Person | None:
        """The person most like the track, if anybody is like it enough and was not beside it."""
        likeness = [
            -1.0 if person.tracks & track.beside else _cosine(person.identity, track.identity)
            for person in self._people
        ]
        best = int(np.argmax(likeness)) if likeness else 0
        return self._people[best] if likeness and likeness[best] >= SAME_PERSON else None


def _assigned(gain: np.ndarray) -> list[tuple[int, int]]:
    """Rows and columns of a matrix, each at most once, the largest value first; nothing for 0. In each of 108 frames
    of the shared clips with several faces it is the assignment with the largest sum as well.
    """
    left, pairs = gain.copy(), []
    while left.max() > 0:
        row, column = divmod(int(left.argmax()), left.shape[1])
        pairs.append((row, column))
        left[row], left[:, column] = 0, 0
    return pairs


def _cosine(a: NDArray[np.float32] | float, b: NDArray[np.float32] | float) -> float:
    """Cosine of two sums of identities; 0 where one of them has none."""
    return float(np.sum(a * b)) / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-6)
