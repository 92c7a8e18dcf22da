"""Faces in consecutive frames of a clip, searched for no harder than needed.

Ordinary frames are searched upright and small. Only where that detects nothing, and only now and then, a frame is
swept: for close-ups, for faces turned by a quarter or half, and in tiles of its full resolution for small ones.
"""

from collections.abc import Callable
from itertools import combinations

import numpy as np

from cer.perception.face_detection import (
    DETECTION_SIDE,
    MAX_OVERLAP,
    MIN_FACE_PIXELS,
    MIN_FACE_SIZE,
    MIN_SCORE,
    Face,
    area,
    distinct,
    overlap,
    resized,
    run_detector,
    search,
)

# Landmarks of 638 faces of the shared clips differ from those at 384 by 0.063 to 0.065 of the eyes' distance at 192,
# 224 and 256, by 0.067 at 160.
FOLLOW_SIDE = 192  # pixels; the longest side of a known face's surroundings while searching there
FOLLOW_MARGIN = 3.0  # sides of the face that its surroundings measure
FOLLOW_OVERLAP = 0.2  # intersection over union with the box before; less may be somebody else
MAX_FOLLOWED = 2  # faces; searching near more of them costs as much as the whole frame
FULL_SEARCH_EVERY = 5  # frames; one in so many is searched all over, for faces that are new

SWEEP_EVERY = 25  # frames, 5 s; a sweep of 1080p takes as long as 19 ordinary searches, so less than one a frame
TURNED_TILES_EVERY = 12  # sweeps, a minute; the three turns of all tiles take 3 times as long as the rest of a sweep
SWEEP_SCORE = 0.6  # of what a sweep detects: all faces of 35 pixels in 1080p have it
CLOSE_UP_SIDE = 160  # pixels; a face of 1.6 times the frame's height: recall 0.35 at 416, 1.0 here
TILED_SIDE = 1600  # pixels; faces of 35 in 1080p: recall 0.53 at 960, 0.94 at 1280, 1.0 here
TILE_OVERLAP = 128  # pixels of a tile that its neighbor has too: larger faces are detected without tiles
MAX_TILE = 864  # pixels; 4 tiles take 80 MB in place of 300 MB for the whole

TURN_SIDE = 128  # pixels; a face's surroundings while its turn is decided: with a face of 43 right for 0.98
TURN_MARGIN = 0.1  # of the score by which another turn must be better; no upright face of the 139 loses by that


class Finder:
    """Faces in consecutive frames of a clip.

    Between full searches known faces are looked for near where they were last: half of the time. A frame in which
    one of them is not found there is searched all over, so a cut or a quick turn costs time and not a face.
    """

    def __init__(self) -> None:
        self._known: list[Face] = []
        self._turn = 0  # quarter turns counter-clockwise that make the clip's faces upright
        self._since = 0  # frames since one was searched all over
        self._until_sweep = 0  # frames
        self._sweeps = 0

    def find(self, image: np.ndarray, detail: Callable[[], np.ndarray] | None = None) -> list[Face]:
        """Faces in the frame that follows the one before, the largest first.

        Args:
            image: RGB uint8 [H, W, 3].
            detail: Gives the same with more pixels, for small faces; None where the image has all there are.
        """
        detail = detail or (lambda: image)
        self._since += 1
        self._until_sweep -= 1
        faces = self._follow(image, detail) if self._since < FULL_SEARCH_EVERY else []
        if not faces:
            faces, self._since = self._search(image, detail), 0
        self._known = faces
        return faces

    def _follow(self, image: np.ndarray, detail: Callable[[], np.ndarray]) -> list[Face]:
        """The known faces in this frame; none at all unless each is found."""
        if len(self._known) > MAX_FOLLOWED:
            return []
        faces = _near(image, detail, self._known)
        apart = all(overlap(a.box, b.box) <= MAX_OVERLAP for a, b in combinations(faces, 2))
        return faces if len(faces) == len(self._known) and apart else []

    def _search(self, image: np.ndarray, detail: Callable[[], np.ndarray]) -> list[Face]:
        """Faces anywhere in this frame: those of the ordinary search; where there are none, the known ones that it is
        not made for, and what a sweep detects.
        """
        for turn in dict.fromkeys((self._turn, 0)):
            faces = self._upright(image, turn, DETECTION_SIDE, MIN_SCORE)
            if faces:
                return self._with_turned(faces, image, detail)
        faces = distinct(_near(image, detail, self._known))
        if self._until_sweep <= 0:
            self._until_sweep = SWEEP_EVERY
            faces = distinct(faces + self._sweep(image, detail))
        if not faces:
            self._turn = 0
        return faces

    def _with_turned(self, faces: list[Face], image: np.ndarray, detail: Callable[[], np.ndarray]) -> list[Face]:
        """The faces, with the known ones that are turned as they are where they were: a search of the whole frame may
        take a turned face for an upright one, with landmarks of nobody.
        """
        turned = _near(image, detail, [face for face in self._known if turn_of(face, image)])
        if turned:
            self._turn = turn_of(turned[0], image)
        return distinct(turned + faces)

    def _sweep(self, image: np.ndarray, detail: Callable[[], np.ndarray]) -> list[Face]:
        """Faces that the ordinary search is not made for, by the first search that detects any."""
        self._sweeps += 1
        views = [(0, CLOSE_UP_SIDE), *((turn, DETECTION_SIDE) for turn in (1, 3, 2))]
        for turn, side in views:
            faces = self._upright(image, turn, side, SWEEP_SCORE)
            if faces:
                return faces
        for turn in (0, 1, 3, 2) if self._sweeps % TURNED_TILES_EVERY == 1 else (0,):
            faces = _search_tiles(detail(), turn)
            better = _better_turn(detail(), faces[0], turn) if faces else turn
            if better != turn:
                faces = _search_tiles(detail(), better) or faces
            if faces:
                return faces
        return []

    def _upright(self, image: np.ndarray, turn: int, side: int, min_score: float) -> list[Face]:
        """Faces of a whole frame at that turn, or at another if the largest is new and more of a face there: turned
        faces are detected too, with landmarks that are wrong.
        """
        min_size = MIN_FACE_SIZE * max(image.shape[:2])
        faces = search(image, side, min_size, turn=turn, min_score=min_score)
        new = faces and all(overlap(faces[0].box, earlier.box) < FOLLOW_OVERLAP for earlier in self._known)
        better = _better_turn(image, faces[0], turn) if new else turn
        if better != turn:
            again = search(image, side, min_size, turn=better, min_score=min_score)
            faces, turn = (again, better) if again else (faces, turn)
        if faces:
            self._turn = turn
        return faces


def _near(image: np.ndarray, detail: Callable[[], np.ndarray], earlier: list[Face]) -> list[Face]:
    """Those of the earlier faces that are in their surroundings still, the largest first."""
    near = [_near_one(image, detail, face) for face in earlier]
    return sorted((face for face in near if face is not None), key=lambda face: -area(face.box))


def _near_one(image: np.ndarray, detail: Callable[[], np.ndarray], previous: Face) -> Face | None:
    """The face in the surroundings of where it was, or None. The detail is searched where the image has less than the
    search can use.
    """
    if FOLLOW_MARGIN * _side(previous, image) < FOLLOW_SIDE:
        image = detail()
    part, corner = _surroundings(image, previous)
    whole, extent = np.array(image.shape[1::-1]), np.array(part.shape[1::-1])
    min_size = min(MIN_FACE_SIZE * max(image.shape[:2]), MIN_FACE_PIXELS)
    faces = search(part, FOLLOW_SIDE, min_size, turn=turn_of(previous, image), enlarge=True)
    candidates = [_moved(face, extent / whole, corner / whole) for face in faces]
    best = max(candidates, key=lambda face: overlap(face.box, previous.box), default=None)
    return best if best is not None and overlap(best.box, previous.box) >= FOLLOW_OVERLAP else None


def _side(face: Face, image: np.ndarray) -> float:
    """Pixels of the face's longer side."""
    return float(((face.box[2:] - face.box[:2]) * image.shape[1::-1]).max())


def _surroundings(image: np.ndarray, face: Face) -> tuple[np.ndarray, np.ndarray]:
    """The part of a frame around a face, as far as there is one, and its left upper corner in pixels."""
    whole = np.array(image.shape[1::-1])
    center, reach = (face.box[:2] + face.box[2:]) / 2 * whole, FOLLOW_MARGIN * _side(face, image) / 2
    left, top = np.maximum(center - reach, 0).astype(int)
    right, bottom = np.minimum(center + reach, whole).astype(int)
    return image[top:bottom, left:right], np.array([left, top])


def _moved(face: Face, scale: np.ndarray, shift: np.ndarray) -> Face:
    """A face of a part of a frame, in shares of the frame."""
    box = (face.box.reshape(2, 2) * scale + shift).ravel().astype(np.float32)
    return Face(box, (face.landmarks * scale + shift).astype(np.float32), face.score)


def turn_of(face: Face, image: np.ndarray) -> int:
    """Quarter turns counter-clockwise of the frame that make the face most upright."""
    right, down = (face.landmarks[3:].mean(0) - face.landmarks[:2].mean(0)) * image.shape[1::-1]
    if abs(down) >= abs(right):
        return 0 if down >= 0 else 2
    return 3 if right > 0 else 1


def _better_turn(image: np.ndarray, face: Face, turn: int) -> int:
    """The turn at which the face's surroundings look most like a face; `turn` unless another is clearly better."""
    part, _ = _surroundings(image, face)
    height, width = (round(side * TURN_SIDE / max(part.shape[:2])) for side in part.shape[:2])
    square = np.zeros((TURN_SIDE, TURN_SIDE, 3), np.float32)
    top, left = (TURN_SIDE - height) // 2, (TURN_SIDE - width) // 2
    square[top : top + height, left : left + width] = resized(part, max(width, 1), max(height, 1))
    heat, *_ = run_detector(np.stack([np.rot90(square, turns) for turns in range(4)]))
    middle = slice(heat.shape[2] // 3, -(heat.shape[2] // 3))
    scores = heat[:, 0, middle, middle].max((1, 2))
    best = int(scores.argmax())
    return best if scores[best] > max(scores[turn] + TURN_MARGIN, SWEEP_SCORE) else turn


def _search_tiles(image: np.ndarray, turn: int) -> list[Face]:
    """Small faces of a frame, searched tile by tile at up to TILED_SIDE pixels."""
    whole = np.array(image.shape[1::-1])
    scale = min(1.0, TILED_SIDE / whole.max())
    candidates: list[Face] = []
    for left, right in _spans(int(whole[0]), scale):
        for top, bottom in _spans(int(whole[1]), scale):
            part, extent = image[top:bottom, left:right], np.array([right - left, bottom - top])
            min_size = min(MIN_FACE_SIZE * whole.max(), MIN_FACE_PIXELS)
            faces = search(part, scale * extent.max(), min_size, turn=turn, min_score=SWEEP_SCORE)
            candidates += [_moved(face, extent / whole, np.array([left, top]) / whole) for face in faces]
    return distinct(sorted(candidates, key=lambda face: -face.score))


def _spans(length: int, scale: float) -> list[tuple[int, int]]:
    """Where tiles start and end along a side of so many pixels: one, or two that overlap, or more."""
    shared, limit = round(TILE_OVERLAP / scale), round(MAX_TILE / scale)
    count = max(1, -(-(length - shared) // (limit - shared)))
    step = (length - shared) / count
    return [(round(step * index), round(step * index + step) + shared) for index in range(count)]
