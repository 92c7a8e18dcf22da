"""Posture: what a person's head, arms and movements show in a segment, as signs that whoever describes film mentions.
They are measured without looking at the face's expression.

Lengths are in heights of the face, so they hold for any size; y points downward.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cer.perception.body import JOINTS
from cer.perception.evidence import Cue
from cer.perception.tracking import Sighting

SIGNS = (
    *("hand at the face", "arms crossed", "arms raised", "gestures", "comes nearer", "head tilted", "turned away"),
    *("slumped", "upright", "moves quickly", "still"),
)
MIN_SCORE = 0.3  # score above which a joint is taken for seen; made-up ones have 0.4, and seldom an arm
SHARE = 0.3  # of the moments in which a body was looked at, that show what the arms do
HAND = 0.5  # from a wrist to the middle of its hand
AT_THE_FACE = 0.85  # from the middle of the face to that of a hand; a face's own edge is at 0.5
FLATTENED = 0.85  # how much an upright face is longer than wide, in that distance
RAISED = 0.3  # of a wrist above its shoulder
GESTURE, GESTURE_SECONDS = 0.7, 1.5  # how far a wrist moves between two moments, and how far those lie apart
ACROSS = 0.1  # how far both wrists of crossed arms lie beyond the middle of the body
TILT, STEEPEST_TILT = 12.0, 50.0  # degrees of the line of the eyes; 5.3 is one standard deviation of film stills
TURN = 0.35  # of the nose beside the middle of the eyes, in distances of the eyes; 0.14 on film stills
GROWTH = 1.25  # of a face from the first quarter of a shot to the last, of who comes nearer or is zoomed in on
SLUMPED, UPRIGHT = 0.62, 0.8  # of the shoulders below the middle of the face; 0.9 to 1.05 for people at ease
LEVEL = 0.15  # of the shoulders' difference in height to their distance
# Of the frame below the middle of the face: closer, the network, made for whole bodies, guesses joints; it
# puts shoulders too high then.
ROOM, SHOULDER_ROOM = 1.0, 1.6
QUICK, STILL = 0.06, 0.015  # mean change of the frame's pixels from one to the next, in [0, 1]

_FACE = [JOINTS.index(part) for part in ("nose", "left_eye", "right_eye")]
_SHOULDERS, _ELBOWS, _WRISTS, _HIPS = (
    [JOINTS.index(f"{side}_{part}") for side in ("left", "right")] for part in ("shoulder", "elbow", "wrist", "hip")
)


def signs(sightings: Sequence[Sighting], cues: Sequence[Cue]) -> frozenset[str]:
    """Which of SIGNS a segment shows of a person with these sightings, at least one."""
    room = _room(sightings)
    moments = [(sighting.time, sighting.joints) for sighting in sightings if sighting.joints is not None]
    moments = moments if room > ROOM else []
    bodies = [joints for _, joints in moments]
    shown = {
        "comes nearer": _growth(sightings, cues) > GROWTH,
        **_head(bodies),
        **_arms(moments),
        **_shoulders(bodies if room > SHOULDER_ROOM else []),
        **_motion(cues),
    }
    return frozenset(sign for sign, is_shown in shown.items() if is_shown)


def which(shown: Sequence[frozenset[str]]) -> NDArray[np.float32]:
    """Which of SIGNS each of N sets holds: float32 [N, len(SIGNS)], 1 or 0."""
    return np.array([[sign in each for sign in SIGNS] for each in shown], np.float32).reshape(-1, len(SIGNS))


def closeness(sightings: Sequence[Sighting]) -> float:
    """The share of the frame's height that a person's face takes, the mean over time."""
    return float(np.mean([sighting.face.box[3] - sighting.face.box[1] for sighting in sightings]))


def _growth(sightings: Sequence[Sighting], cues: Sequence[Cue]) -> float:
    """How much a face grows from the first quarter of its sightings to the last; 1 where a new shot begins."""
    heights = [float(sighting.face.box[3] - sighting.face.box[1]) for sighting in sightings]
    first, last = sightings[0].time, sightings[-1].time
    if len(heights) < 4 or any(cue.cut and first < cue.time <= last for cue in cues):
        return 1.0
    quarter = len(heights) // 4
    return float(np.median(heights[-quarter:]) / np.median(heights[:quarter]))


def _head(bodies: Sequence[NDArray[np.float32]]) -> dict[str, bool]:
    """How the head is held."""
    faces = [joints[_FACE, :2] for joints in bodies if all(_is_sure(joints, joint) for joint in _FACE)]
    if not faces:
        return {}
    across = np.array([left - right for _, left, right in faces])
    beside = np.array([nose - (left + right) / 2 for nose, left, right in faces])
    width = np.linalg.norm(across, axis=1).clip(1e-6)
    tilt = np.degrees(np.arctan2(across[:, 1], np.abs(across[:, 0])))
    turn = (across * beside).sum(1) / width**2
    return {
        "head tilted": TILT < abs(float(np.median(tilt))) < STEEPEST_TILT,
        "turned away": abs(float(np.median(turn))) > TURN,
    }


def _arms(moments: Sequence[tuple[float, NDArray[np.float32]]]) -> dict[str, bool]:
    """What the arms do, of joints [17, 3] at some moments."""
    postures = [_arm_signs(joints) for _, joints in moments]
    moved = [
        _moves(before, joints)
        for (earlier, before), (time, joints) in pairwise(moments)
        if time - earlier <= GESTURE_SECONDS
    ]
    shares = {
        sign: float(np.mean([sign in posture for posture in postures])) if postures else 0.0
        for sign in ("hand at the face", "arms crossed", "arms raised")
    }
    shares["gestures"] = float(np.mean(moved)) if moved else 0.0
    return {sign: share > SHARE for sign, share in shares.items()}


def _arm_signs(joints: NDArray[np.float32]) -> set[str]:
    """What the arms do at one moment."""
    shown = set()
    for shoulder, elbow, wrist in zip(_SHOULDERS, _ELBOWS, _WRISTS, strict=True):
        if not _is_sure(joints, wrist) or not (_is_sure(joints, elbow) or _is_sure(joints, shoulder)):
            continue
        hand = joints[wrist, :2].copy()
        if _is_sure(joints, elbow):
            forearm = joints[wrist, :2] - joints[elbow, :2]
            hand += HAND * forearm / max(float(np.linalg.norm(forearm)), 1e-6)
        if np.hypot(hand[0], hand[1] * FLATTENED) < AT_THE_FACE:
            shown.add("hand at the face")
        elif _is_sure(joints, shoulder) and joints[wrist, 1] < joints[shoulder, 1] - RAISED:
            shown.add("arms raised")
    if _crossed(joints):
        shown.add("arms crossed")
    return shown


def _crossed(joints: NDArray[np.float32]) -> bool:
    """Whether both wrists lie on the other side of the body, between shoulders and hips."""
    if not all(_is_sure(joints, joint) for joint in (*_SHOULDERS, *_ELBOWS, *_WRISTS)):
        return False
    left, right = joints[_SHOULDERS, 0]
    middle, to_the_left = (left + right) / 2, np.sign(left - right)
    beyond = [-to_the_left * (joints[_WRISTS[0], 0] - middle), to_the_left * (joints[_WRISTS[1], 0] - middle)]
    top = joints[_SHOULDERS, 1].mean()
    lowest = joints[_HIPS, 1].mean() if all(_is_sure(joints, hip) for hip in _HIPS) else top + 3
    heights = joints[_WRISTS, 1]
    return min(beyond) > ACROSS and bool((heights > top).all() and (heights < lowest).all())


def _moves(before: NDArray[np.float32], after: NDArray[np.float32]) -> bool:
    """Whether a hand has moved between two moments."""
    return any(
        _is_sure(before, wrist)
        and _is_sure(after, wrist)
        and float(np.linalg.norm(after[wrist, :2] - before[wrist, :2])) > GESTURE
        for wrist in _WRISTS
    )


def _shoulders(bodies: Sequence[NDArray[np.float32]]) -> dict[str, bool]:
    """How the shoulders are held."""
    pairs = [joints[_SHOULDERS] for joints in bodies if all(_is_sure(joints, joint) for joint in _SHOULDERS)]
    if not pairs:
        return {}
    depth = float(np.median([pair[:, 1].mean() for pair in pairs]))
    slope = float(np.median([abs(pair[0, 1] - pair[1, 1]) / max(abs(pair[0, 0] - pair[1, 0]), 1e-6) for pair in pairs]))
    return {"slumped": depth < SLUMPED, "upright": depth > UPRIGHT and slope < LEVEL}


def _room(sightings: Sequence[Sighting]) -> float:
    """How much of the frame is below the middle of the face, in heights of the face."""
    boxes = np.array([sighting.face.box for sighting in sightings])
    return float(np.median((1 - (boxes[:, 1] + boxes[:, 3]) / 2) / (boxes[:, 3] - boxes[:, 1])))


def _motion(cues: Sequence[Cue]) -> dict[str, bool]:
    """How much the picture changes."""
    motion = float(np.mean([cue.motion for cue in cues])) if cues else 0.0
    return {"moves quickly": motion > QUICK, "still": motion <= STILL}


def _is_sure(joints: NDArray[np.float32], joint: int) -> bool:
    return bool(joints[joint, 2] >= MIN_SCORE)
