"""People: which face of this frame is which person of the clip.

A face follows its box from frame to frame. A cut ends every track. A face that is new in a frame is somebody seen
before only if it looks the same; in doubt it is a new person, for two people taken for one spoil an analysis, one
taken for two does not.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.optimize import linear_sum_assignment

from cer.perception.face_detection import Face, crop, overlap

LOST_AFTER = 1.0  # seconds without the face before its box says nothing about where it is
MIN_OVERLAP = 0.2  # intersection over union with the box before
CUT = 0.16  # mean absolute difference of two 32x18 pictures in [0, 1] that means a new shot
# Set on crops of 21 clips of one person each: 94 % of the pairs of one person lie above, 0.5 % of those of two do.
LIKENESS = 0.96
SAME_SHOT_LIKENESS = 0.90  # to follow a box: rules out that somebody stepped in front
STRUCTURE = 0.5


@dataclass(frozen=True, slots=True)
class Look:
    """How a crop looks. colors: square roots of a 6x6x6 RGB histogram [216]; structure: grey 16x16, zero mean and
    unit length [256].
    """

    colors: np.ndarray
    structure: np.ndarray

    @classmethod
    def of(cls, image: np.ndarray) -> "Look":
        counts = np.bincount((image // 43).reshape(-1, 3).astype(int) @ [36, 6, 1], minlength=216).astype(np.float32)
        side = image.shape[0] // 16
        grey = image[: side * 16, : side * 16].mean(2).reshape(16, side, 16, side).mean((1, 3)).ravel()
        grey = grey - grey.mean()
        return cls(np.sqrt(counts / counts.sum()), grey / max(float(np.linalg.norm(grey)), 1e-6))

    def likeness(self, other: "Look") -> tuple[float, float]:
        """Bhattacharyya coefficient of the colors in [0, 1] and correlation of the structure in [-1, 1]."""
        return float(self.colors @ other.colors), float(self.structure @ other.structure)


@dataclass(slots=True)
class _Track:
    person: int
    box: np.ndarray
    last_time: float  # seconds
    look: Look
    looks: list[Look]  # at most three, from different moments: how this person has looked


@dataclass(frozen=True, slots=True)
class Sighting:
    """One person's face in one frame. crop: RGB uint8 [112, 112, 3]."""

    time: float
    person: int
    face: Face
    crop: np.ndarray


def thumbnail(image: np.ndarray) -> np.ndarray:
    """float32 [18, 32, 3] in [0, 1], each the mean of its part: enough to tell one shot from another."""
    return np.asarray(Image.fromarray(image).resize((32, 18), Image.Resampling.BOX), np.float32) / 255


class Tracker:
    """Gives every face of consecutive frames the number of its person, from 1 in order of appearance."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._previous: np.ndarray | None = None

    def update(self, time: float, image: np.ndarray, faces: list[Face]) -> list[Sighting]:
        """Sightings of `faces` in the RGB frame shown at `time` seconds; times must not go back."""
        small = thumbnail(image)
        cut = self._previous is not None and float(np.abs(small - self._previous).mean()) > CUT
        self._previous = small
        crops = [crop(image, face) for face in faces]
        looks = [Look.of(crop) for crop in crops]
        tracks = {} if cut else self._follow(time, faces, looks)
        used = {id(track) for track in tracks.values()}
        for index, look in enumerate(looks):
            if index not in tracks:
                track = self._recognize(look, used) or self._begin(look)
                used.add(id(track))
                tracks[index] = track
        for index, track in tracks.items():
            self._remember(track, time, faces[index], looks[index])
        return [Sighting(time, tracks[index].person, face, crops[index]) for index, face in enumerate(faces)]

    def _follow(self, time: float, faces: list[Face], looks: list[Look]) -> dict[int, _Track]:
        """Faces whose box continues a track's, by the assignment with the largest total overlap."""
        current = [track for track in self._tracks if time - track.last_time <= LOST_AFTER]
        if not current or not faces:
            return {}
        gain = np.zeros((len(faces), len(current)))
        for row, (face, look) in enumerate(zip(faces, looks, strict=True)):
            for column, track in enumerate(current):
                shared = overlap(face.box, track.box)
                if shared >= MIN_OVERLAP and look.likeness(track.look)[0] >= SAME_SHOT_LIKENESS:
                    gain[row, column] = shared
        rows, columns = linear_sum_assignment(-gain)
        return {int(row): current[column] for row, column in zip(rows, columns, strict=True) if gain[row, column] > 0}

    def _recognize(self, look: Look, used: set[int]) -> _Track | None:
        best, track = 0.0, None
        for candidate in self._tracks:
            if id(candidate) in used:
                continue
            for earlier in candidate.looks:
                colors, structure = look.likeness(earlier)
                if colors > max(best, LIKENESS) and structure > STRUCTURE:
                    best, track = colors, candidate
        return track

    def _begin(self, look: Look) -> _Track:
        track = _Track(len(self._tracks) + 1, np.zeros(4, np.float32), 0.0, look, [])
        self._tracks.append(track)
        return track

    def _remember(self, track: _Track, time: float, face: Face, look: Look) -> None:
        if len(track.looks) < 3 and all(look.likeness(earlier)[0] < 0.985 for earlier in track.looks):
            track.looks.append(look)
        track.box, track.last_time, track.look = face.box, time, look
