"""Whose voice: who of the people in view moves the mouth while somebody speaks.

The opening of a mouth is the larger probability of the action units 25 (lips part) and 26 (jaw drops). At five frames a
second syllables are not resolved, but a speaking mouth keeps changing and a listening one does not.
"""

import numpy as np

from cer.perception.evidence import Evidence
from cer.perception.face_encoder import UNITS

OFF_SCREEN = "off-screen"
# Mean change of the opening between frames. In the demonstration clips people who speak show 0.07 to 0.36, the bundled
# portrait's made mouth 0.054, calm silent faces 0.00 to 0.02; acting without a word may show more.
MIN_ACTIVITY = 0.045
MIN_PAIRS = 4  # consecutive frames during speech; fewer tell nothing
MAX_GAP = 0.45  # seconds between frames that count as consecutive
_OPENING = [UNITS.index(unit) for unit in (25, 26)]


def speaker_of(evidence: Evidence) -> int | str | None:
    """The person who speaks in a segment, OFF_SCREEN when nobody in view does, or None when nobody speaks, there is no
    frame, or the people are in view too briefly to tell.
    """
    if not evidence.has_video or not evidence.speech():
        return None
    people = {sighting.person for sighting in evidence.sightings}
    if not people:
        return OFF_SCREEN
    activities = {person: activity for person in people if (activity := mouth_activity(evidence, person)) is not None}
    if not activities:
        return None
    person = max(activities, key=lambda candidate: activities[candidate])
    return person if activities[person] >= MIN_ACTIVITY else OFF_SCREEN


def mouth_activity(evidence: Evidence, person: int) -> float | None:
    """Mean absolute change of a person's mouth opening between consecutive frames while somebody speaks, in [0, 1];
    None for fewer than MIN_PAIRS.
    """
    sightings, expressions = evidence.person(person)
    times = np.array([sighting.time for sighting in sightings])
    speech = np.zeros(len(times), bool)
    for start, end, _ in evidence.speech():
        speech |= (times >= start) & (times < end)
    opening = expressions.units[:, _OPENING].max(1)
    consecutive = (np.diff(times) <= MAX_GAP) & speech[1:] & speech[:-1]
    if consecutive.sum() < MIN_PAIRS:
        return None
    return float(np.abs(np.diff(opening))[consecutive].mean())
