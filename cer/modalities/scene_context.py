"""scene_context: the situation in words. What is measured of a person is written as an English description, and a
lexicon fitted to real Qwen2.5-VL captions reads what it says of the face; the same lexicon serves real captions
unchanged.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cer.modalities.base import FACE, Prediction, SegmentPrediction, collect, softmax
from cer.models.checkpoints import CENTERFACE, MINILM, Checkpoint, shipped, verify
from cer.models.runtime import tensors
from cer.perception import lexicon, text_encoder
from cer.perception.evidence import Cue, Evidence
from cer.perception.face_encoder import UNITS, frame_weights, segment_quality
from cer.perception.posture import closeness, signs
from cer.perception.speaking import speaker_of
from cer.progress import Progress
from cer.segments import Segment

LEXICON = "scene_context.safetensors"
SHOWN = (
    0.3  # probability above which an action unit is mentioned; half of the F1 of the units (0.6) is where F1 is best
)
POSTURE_SENTENCES = {
    "hand at the face": "A hand is at the face.",
    "arms crossed": "The arms are crossed.",
    "arms raised": "The arms are raised.",
    "gestures": "They gesture.",
    "comes nearer": "They come nearer.",
    "head tilted": "The head is tilted.",
    "turned away": "The head is turned away.",
    "slumped": "The shoulders are slumped.",
    "upright": "The posture is upright.",
    "moves quickly": "They move quickly.",
    "still": "They hold still.",
}
"""What is written of each of `posture.SIGNS`."""
_FACE_WORDS: tuple[tuple[tuple[int, ...], str], ...] = (
    ((1, 2), "raised eyebrows"),
    ((1, 4), "eyebrows drawn together and raised in the middle"),
    ((4,), "furrowed brows"),
    ((5,), "wide open eyes"),
    ((43,), "closed eyes"),
    ((7,), "narrowed eyes"),
    ((9,), "a wrinkled nose"),
    ((6, 12), "a broad smile and raised cheeks"),
    ((12,), "a smile"),
    ((10,), "a raised upper lip"),
    ((15,), "the corners of the mouth turned down"),
    ((20,), "stretched lips"),
    ((24,), "pressed lips"),
    ((27,), "a wide open mouth"),
    ((26,), "an open mouth"),
    ((25,), "slightly parted lips"),
)
"""Action units and what a face with them is said to have; an earlier line speaks for the units of a later one."""


class SceneContext:
    name = "scene_context"
    source = FACE
    per_person = True
    needs_frames = False
    needs_bodies = True

    def describe(self) -> tuple[Checkpoint, ...]:
        return (CENTERFACE, shipped("face.onnx"), shipped("movenet.onnx"), MINILM, shipped(LEXICON))

    def load(self, progress: Progress) -> None:
        verify(self.describe())

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        parts = [evidence.segment(segment) for segment in segments]
        described = [describe(part, person) for part in parts]
        people = [each for each in described if each is not None]
        read = zip(classify_described(people), text_encoder.encode([each.text for each in people]), strict=True)
        results: list[SegmentPrediction | str] = []
        for part, each in zip(parts, described, strict=True):
            if each is None:
                results.append("nobody in view to describe" if part.has_video else "no video track")
            else:
                logits, embedding = next(read)
                quality = segment_quality(part.person(person)[1])
                results.append(SegmentPrediction(softmax(logits), embedding, each.text, quality))
        return collect(results, text_encoder.WIDTH)


@dataclass(frozen=True, slots=True)
class Description:
    """A person in a segment. face: what it has, in words; text: the whole."""

    face: str
    text: str


def describe(evidence: Evidence, person: int | None) -> Description | None:
    """What is to be said of a person in a segment, from measurements only; None when the person is not in view."""
    sightings, expressions = evidence.person(person)
    if not sightings:
        return None
    face = face_words(frame_weights(expressions) @ expressions.units)
    shown = signs(sightings, evidence.cues)
    scene = _scene(evidence.cues, closeness(sightings))
    return Description(face, paragraph(scene, face, shown, _voice(evidence, person)))


def paragraph(scene: str, face: str, shown: frozenset[str], voice: str) -> str:
    """A segment in one paragraph: the sentence about the scene, what the face has, signs of posture, and the sentence
    about the voice.
    """
    posture = [sentence for sign, sentence in POSTURE_SENTENCES.items() if sign in shown]
    motion = [] if shown & {"moves quickly", "still"} else ["They move a little."]
    return " ".join([scene, face_sentence(face), *posture, *motion, voice]).strip()


def _scene(cues: Sequence[Cue], height: float) -> str:
    shot = "a close-up of" if height > 0.45 else "a medium shot of" if height > 0.2 else "a wide shot with"
    count = round(float(np.median([cue.faces for cue in cues]))) if cues else 1
    who = "one person" if count <= 1 else "two people" if count == 2 else "several people"
    light = float(np.mean([cue.brightness for cue in cues])) if cues else 0.5
    lit = (
        "in a dark, dimly lit scene"
        if light < 0.22
        else "in a bright, well-lit scene"
        if light > 0.6
        else "in ordinary light"
    )
    return f"The video shows {shot} {who} {lit}."


def face_words(units: np.ndarray) -> str:
    """What a face with these action-unit probabilities [20] is said to have."""
    shown = {unit for unit, probability in zip(UNITS, units, strict=True) if probability > SHOWN}
    words, listed = [], set[int]()
    for needed, phrase in _FACE_WORDS:
        if shown.issuperset(needed) and not listed.issuperset(needed):
            words.append(phrase)
            listed.update(needed)
            if 27 in needed or 26 in needed:
                listed.update((25, 26, 27))
    if not words:
        return "a calm, relaxed face"
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def _voice(evidence: Evidence, person: int | None) -> str:
    """How a person speaks; nothing where somebody else does, or it is not known who."""
    speech = evidence.speech()
    if not speech or speaker_of(evidence) != person:
        return ""
    level = np.concatenate([utterance.samples for _, _, utterance in speech])
    decibels = 20 * np.log10(float(np.sqrt(np.mean(level**2))) + 1e-6)
    return "They speak loudly." if decibels > -14 else "They speak softly." if decibels < -32 else "They are speaking."


def classify(captions: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Emotion logits float32 [N, 8] of N captions or descriptions, and their embeddings [N, 384]."""
    return _lexicon().logits(captions), text_encoder.encode(captions)


def classify_described(people: Sequence[Description]) -> np.ndarray:
    """Emotion logits float32 [N, 8] of N people, from what is said of their faces.

    Those words are shorter than captions, and "a calm, relaxed face" is in half of them, so they have a scale and a
    bias of their own. Posture and surroundings are written down and not read: see the card.
    """
    words = _lexicon().logits([face_sentence(each.face) for each in people])
    return np.asarray(_stored()["face_scale"] * words + _stored()["face_bias"], np.float32)


def face_sentence(face: str) -> str:
    """The sentence of a description that the lexicon reads."""
    return f"The person has {face}."


@lru_cache(maxsize=1)
def _lexicon() -> lexicon.Lexicon:
    return lexicon.of_tensors(_stored())


@lru_cache(maxsize=1)
def _stored() -> dict[str, np.ndarray]:
    return tensors(shipped(LEXICON))
