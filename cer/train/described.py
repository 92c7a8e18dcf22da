"""Faces in the words of scene_context: what it would write about a person with this face, in varied surroundings."""

import numpy as np

from cer.modalities.scene_context import Description, face_words, paragraph
from cer.perception.face_encoder import Expressions
from cer.perception.posture import SIGNS

_SHOTS = (
    "a close-up of one person",
    "a medium shot of one person",
    "a wide shot with one person",
    "a close-up of two people",
)
_LIGHTS = ("in ordinary light", "in ordinary light", "in a dark, dimly lit scene", "in a bright, well-lit scene")
_VOICES = ("", "They are speaking.", "They speak softly.", "They speak loudly.")


def describe(expressions: Expressions, rng: np.random.Generator) -> list[Description]:
    """One person per face. Surroundings and posture are drawn at random, so that nothing is learned from them."""
    people = []
    for units in expressions.units:
        shot, light, voice = (str(rng.choice(words)) for words in (_SHOTS, _LIGHTS, _VOICES))
        signs = frozenset(rng.choice(SIGNS, rng.integers(3), replace=False).tolist())
        face = face_words(units)
        people.append(Description(face, paragraph(f"The video shows {shot} {light}.", face, signs, voice)))
    return people
