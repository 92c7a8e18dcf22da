"""Items of a corpus to rows of predictions: an item becomes evidence, as a clip does, and the profile's modalities are
asked in the same way as in a clip.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cer.corpora.base import CAPTION, FACE, IMAGE, SEQUENCE, VIDEO, VOICE, WORDS, Corpus
from cer.corpora.multilingual import two_letters
from cer.errors import CerError, ClipError
from cer.fusion.compound import combine, comparable, pfsa_of, ppa
from cer.fusion.decision import decision
from cer.labels import COMPOUNDS
from cer.media.clip import SAMPLE_RATE
from cer.media.sound import decode_sound
from cer.modalities import scene_context
from cer.modalities.base import softmax
from cer.modalities.registry import modalities
from cer.modalities.scene_label import SceneLabel
from cer.observation import Observation
from cer.perception import face_detection, face_encoder, speech, voice_encoder
from cer.perception.evidence import FRAME_RATE, Evidence
from cer.perception.face_detection import TEMPLATE, Face
from cer.perception.speech import Utterance
from cer.perception.tracking import Sighting
from cer.perception.transcription import Sentence
from cer.pipeline import observe
from cer.segments import WINDOW, Segment
from eval.tables import MATCHED, QUALITY, SIMILARITIES, Row

NO_FACE = "no face detected: the whole image was used"
_WHOLE = Face(np.array([0, 0, 1, 1], np.float32), TEMPLATE, 1.0)  # an image that is a cropped face already


class Skipped(Exception):
    """An item that cannot be predicted; the message is the reason."""


def predict(corpus: Corpus, item: Mapping[str, Any], profile: str) -> list[Row]:
    """Rows of one item, one per segment (one for items that are not clips).

    Raises:
        Skipped: The item's own data cannot be used. A fault of a model is no such reason: it ends the run.
    """
    if item.get("fault"):
        raise Skipped(item["fault"])
    if corpus.kind == VIDEO:
        rows = _video(item, profile)
    elif corpus.kind == CAPTION:
        rows = [_caption(item)]
    else:
        evidence, note = _gathered(corpus.kind, item)
        rows = [{**_item(_MODALITIES[corpus.kind], corpus, evidence, profile), "note": note}]
    return [{"id": item["id"], "start": 0.0, "end": 0.0, "label": item["label"], **row} for row in rows]


def _gathered(kind: str, item: Mapping[str, Any]) -> tuple[Evidence, str | None]:
    """The evidence of an item that is no clip, and what there is to note about it."""
    try:
        return _EVIDENCE[kind](item)
    except (CerError, OSError, ValueError, SyntaxError, TypeError) as error:  # what decoders raise for damaged data
        reason = re.sub(r" at 0x[0-9a-f]+", "", str(error))  # an address would differ from run to run
        raise Skipped(f"{type(error).__name__}: {reason}") from error


_MODALITIES: Mapping[str, Sequence[str]] = {
    FACE: ("static_face", "scene_label"),
    IMAGE: ("static_face", "scene_label"),
    SEQUENCE: ("dynamic_face", "static_face"),
    VOICE: ("audio",),
    WORDS: ("text",),
}
"""Whose predictions an item's kind allows. The first must be present; PPA and PFSA are computed from it."""


def _item(names: Sequence[str], corpus: Corpus, evidence: Evidence, profile: str) -> Row:
    """The row of an item, from the modalities that it is evidence for."""
    chosen = modalities(profile)
    row: Row = {}
    for name in names:
        prediction = chosen[name].predict(evidence, [Segment(0.0, evidence.end)], 1)
        if prediction.present[0]:
            embedding = None if prediction.embedding is None else prediction.embedding[0]
            if embedding is not None and np.isnan(embedding).any():  # of a model whose embeddings are not compared
                embedding = None
            row |= {
                **_compounds(name, prediction.probabilities[0], embedding),
                **row,
                name: prediction.probabilities[0],
            }
            if prediction.compounds is not None and name == names[0]:
                row["compound"] = prediction.compounds[0]
            modality = chosen[name]
            if corpus.compound and isinstance(modality, SceneLabel) and embedding is not None:
                row[MATCHED] = modality.match_labels(embedding[None], COMPOUNDS)[0]
        elif name == names[0]:
            raise Skipped(str(prediction.reasons[0]))
    return row


def _compounds(name: str, probabilities: np.ndarray, embedding: np.ndarray | None) -> Row:
    """The seven of a single modality: its PPA, its PFSA where it has prototypes, and both mixed."""
    by_probability = ppa(probabilities[None])
    rules = decision()
    if not comparable(embedding, rules.prototypes.get(name)):
        return {"ppa": by_probability[0], "compound": by_probability[0]}
    assert embedding is not None
    by_similarity = pfsa_of(embedding[None], rules.prototypes[name])
    return {
        "ppa": by_probability[0],
        "pfsa": by_similarity[0],
        SIMILARITIES[name]: by_similarity[0],
        "compound": combine(by_probability, by_similarity)[0],
    }


def _caption(item: Mapping[str, Any]) -> Row:
    """A real description of a clip, classified as scene_context classifies its own."""
    text = (item["text"] or "").strip()
    if not text:
        raise Skipped("empty text")
    logits, embeddings = scene_context.classify([text])
    probabilities = softmax(logits[0])
    return {"scene_context": probabilities, **_compounds("scene_context", probabilities, embeddings[0])}


def faces_as_evidence(images: Sequence[np.ndarray], face: Face = _WHOLE) -> Evidence:
    """Crops of one face, RGB uint8 [H, W, 3], as the evidence of a silent clip."""
    sightings = [Sighting(row / FRAME_RATE, 1, face, image) for row, image in enumerate(images)]
    crops = np.stack([face_encoder.as_input(image) for image in images])
    return Evidence(0.0, WINDOW, True, False, [], sightings, face_encoder.encode(crops), [])


def _face(item: Mapping[str, Any]) -> tuple[Evidence, None]:
    return faces_as_evidence([face_encoder.decode_image(item["image"]["bytes"])]), None


def _image(item: Mapping[str, Any]) -> tuple[Evidence, str | None]:
    """The largest face, found and aligned as in a clip."""
    image = face_encoder.decode_image(item["image"]["bytes"])
    faces = face_detection.detect(image)
    if not faces:
        return faces_as_evidence([image]), NO_FACE
    return faces_as_evidence([face_detection.crop(image, faces[0])], faces[0]), None


def _sequence(item: Mapping[str, Any]) -> tuple[Evidence, None]:
    return faces_as_evidence([face_encoder.decode_image(content) for content in item["images"]]), None


def _voice(item: Mapping[str, Any]) -> tuple[Evidence, None]:
    samples = decode_sound(item["audio"]["bytes"])[: int(speech.MAX_UTTERANCE * SAMPLE_RATE)]
    return voice_as_evidence(samples, voice_encoder.listen(samples)), None


def _words(item: Mapping[str, Any]) -> tuple[Evidence, None]:
    text = (item["text"] or "").strip()
    if not text:
        raise Skipped("empty text")
    language = two_letters(item.get("language") or "") or None
    rows = np.zeros((0, voice_encoder.WIDTH), np.float32)
    return voice_as_evidence(np.zeros(0, np.float32), rows, text, language), None


def voice_as_evidence(samples: np.ndarray, rows: np.ndarray, words: str = "", language: str | None = None) -> Evidence:
    """A sound float32 [N] at 16 kHz, its voice-encoder rows and its words in a language (None: English) as the evidence
    of a clip without video.
    """
    end = max(len(samples) / SAMPLE_RATE, 1.0)
    sentences = (Sentence(0.0, end, words, 1.0, language),) if words else ()
    utterance = Utterance(0.0, end, ((0.0, end),), samples, rows, sentences, language=language)
    return Evidence(0.0, end, False, True, [], [], face_encoder.NOTHING, [utterance])


_EVIDENCE: Mapping[str, Callable[[Mapping[str, Any]], tuple[Evidence, str | None]]] = {
    FACE: _face,
    IMAGE: _image,
    SEQUENCE: _sequence,
    VOICE: _voice,
    WORDS: _words,
}


def _video(item: Mapping[str, Any], profile: str) -> list[Row]:
    try:
        observed = observe(Path(item["video"]), profile=profile)
    except ClipError as error:
        raise Skipped(str(error)) from error
    analysis = observed.conclude(_who(observed, item.get("person") or ""))
    values = {"fused": analysis.fused, "ppa": analysis.ppa, "pfsa": analysis.pfsa, "compound": analysis.compound}
    values[QUALITY] = analysis.outcome.quality
    for name, prediction in analysis.predictions.items():
        values[name] = prediction.probabilities
        if comparable(prediction.embedding, decision().prototypes.get(name)):
            assert prediction.embedding is not None
            values[SIMILARITIES[name]] = pfsa_of(prediction.embedding, decision().prototypes[name])
    if np.isnan(analysis.fused).all():
        raise Skipped("no modality is present")
    lost = "; ".join(analysis.warnings) or None
    return [
        {"start": segment.start, "end": segment.end, "note": lost if row == 0 else None}
        | {name: None if np.isnan(value[row]).any() else value[row] for name, value in values.items()}
        for row, segment in enumerate(analysis.segments)
    ]


def _who(observed: Observation, side: str) -> int | None:
    """The person that an annotation means: of the two with most screen time the one further left or right, or just the
    one with most screen time.
    """
    people = observed.people_by_screen_time()[:2]
    if not side or not people:
        return None

    def across(person: int) -> float:
        boxes = np.stack(observed.boxes[person])
        return float((boxes[:, 1] + boxes[:, 3]).mean() / 2)

    ordered = sorted((person.id for person in people), key=across)
    return ordered[0] if side == "left" else ordered[-1]
