"""Faces in the words of scene_context: what it would write about a person with this face, in varied surroundings."""

import numpy as np

from cer.modalities.scene_context import face_words
from cer.perception.face_encoder import Expressions

_SHOTS = (
    "a close-up of one person",
    "a medium shot of one person",
    "a wide shot with one person",
    "a close-up of two people",
)
_LIGHTS = ("in ordinary light", "in ordinary light", "in a dark, dimly lit scene", "in a bright, well-lit scene")
_MOTIONS = ("They hold still.", "They move a little.", "They move a little.", "They move quickly.")
_VOICES = ("", "They are speaking.", "They speak softly.", "They speak loudly.")


def describe(expressions: Expressions, rng: np.random.Generator) -> list[str]:
    """One description per face. The surroundings are drawn at random, so that nothing is learned from them."""
    texts = []
    for units in expressions.units:
        shot, light, motion, voice = (str(rng.choice(words)) for words in (_SHOTS, _LIGHTS, _MOTIONS, _VOICES))
        texts.append(f"The video shows {shot} {light}. The person has {face_words(units)}. {motion} {voice}".strip())
    return texts
