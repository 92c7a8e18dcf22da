"""Items of a corpus to rows of predictions: the models of the package, on whatever an item is."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cer.corpora.base import CAPTION, FACE, SEQUENCE, VIDEO, VOICE, WORDS, Corpus
from cer.errors import CerError
from cer.fusion.compound import combine, comparable, pfsa_of, ppa
from cer.fusion.decision import decision
from cer.labels import COMPOUNDS, EMOTIONS
from cer.media.clip import SAMPLE_RATE
from cer.media.sound import decode_sound
from cer.modalities import audio, dynamic_face, scene_context, scene_label, text
from cer.modalities.base import softmax
from cer.modalities.registry import EMBEDDED, choose, modalities
from cer.perception import face_encoder, speech, voice_encoder
from cer.perception.evidence import RATE, Evidence
from cer.perception.face_detection import TEMPLATE, Face
from cer.perception.speech import Utterance
from cer.perception.tracking import Sighting
from cer.perception.transcription import Sentence
from cer.pipeline import Observation, observe
from cer.segments import WINDOW, Segment
from eval.tables import MATCHED, SIMILARITIES, Row

_Reader = Callable[[Sequence[str]], tuple[np.ndarray, np.ndarray]]


class Skipped(Exception):
    """An item that cannot be predicted; the message is the reason."""


def predict(corpus: Corpus, item: Mapping[str, Any], profile: str) -> list[Row]:
    """Rows of one item, one per segment (one for items that are not clips). Raises Skipped with the reason."""
    if item["label"] is None and not corpus.per_frame:
        raise Skipped("no label of this corpus")
    try:
        rows = _BY_KIND[corpus.kind](item, profile)
    except (CerError, OSError, ValueError, SyntaxError) as error:
        raise Skipped(f"{type(error).__name__}: {error}") from error
    return [{"id": item["id"], "start": 0.0, "end": 0.0, "label": item["label"], **row} for row in rows]


def _one(modality: str, probabilities: np.ndarray, embedding: np.ndarray | None) -> Row:
    """The row of an item that a single modality sees: PPA and PFSA are computed from it."""
    by_probability = ppa(probabilities[None])
    row: Row = {modality: probabilities, "ppa": by_probability[0], "compound": by_probability[0]}
    rules = decision()
    if comparable(embedding, rules.prototypes.get(modality)):
        assert embedding is not None
        by_similarity = pfsa_of(embedding[None], rules.prototypes[modality])
        row |= {"pfsa": by_similarity[0], SIMILARITIES[modality]: by_similarity[0]}
        row |= {"compound": combine(by_probability, by_similarity, rules.mixing)[0]}
    return row


def _asked(modality: str, profile: str, evidence: Evidence) -> tuple[np.ndarray, np.ndarray | None]:
    """What a profile's implementation of a modality sees in evidence that was not gathered from a clip: probabilities
    [8] and embedding [D].
    """
    found = modalities(profile)[modality].predict(evidence, [Segment(0.0, evidence.end)], 1)
    if not found.present[0]:
        raise Skipped(str(found.reasons[0]))
    return found.probabilities[0], None if found.embedding is None else found.embedding[0]


def _shown(pictures: Sequence[bytes]) -> Evidence:
    """Encoded pictures of one face as evidence of a silent clip."""
    images = [face_encoder.picture(one) for one in pictures]
    face = Face(np.array([0, 0, 1, 1], np.float32), TEMPLATE, 1.0)
    sightings = [Sighting(row / RATE, 1, face, image) for row, image in enumerate(images)]
    return Evidence(0.0, WINDOW, True, False, [], sightings, face_encoder.NOTHING, [])


def _heard(samples: np.ndarray, words: str) -> Evidence:
    """A sound and what is said in it as evidence of a clip without pictures."""
    end = max(len(samples) / SAMPLE_RATE, 1.0)
    said = (Sentence(0.0, end, words, 1.0),) if words else ()
    utterance = Utterance(0.0, end, ((0.0, end),), samples, np.zeros((0, voice_encoder.WIDTH), np.float32), said)
    return Evidence(0.0, end, False, True, [], [], face_encoder.NOTHING, [utterance])


def _face(item: Mapping[str, Any], profile: str) -> list[Row]:
    if choose(profile)["static_face"] != EMBEDDED:
        return [_one("static_face", *_asked("static_face", profile, _shown([item["image"]["bytes"]])))]
    seen = face_encoder.read(face_encoder.decode(item["image"]["bytes"])[None])
    row = _one("static_face", softmax(seen.logits[0]), seen.embeddings[0])
    pictures, scale = scene_label.look(seen.embeddings)
    row["scene_label"] = scene_label.match(pictures, scene_label.label_texts(EMOTIONS), scale)[0]
    row[MATCHED] = scene_label.match(pictures, scene_label.label_texts(COMPOUNDS), scale)[0]
    return [row]


def _sequence(item: Mapping[str, Any], profile: str) -> list[Row]:
    if choose(profile)["dynamic_face"] != EMBEDDED:
        return [_one("dynamic_face", *_asked("dynamic_face", profile, _shown(item["images"])))]
    seen = face_encoder.read(np.stack([face_encoder.decode(one) for one in item["images"]]))
    slots, mask = dynamic_face.lay_out(np.arange(len(seen)) / RATE, seen, 0.0)
    logits, embedding = dynamic_face.read(slots[None], mask[None])
    row = _one("dynamic_face", softmax(logits[0]), embedding[0])
    return [{**row, "static_face": softmax(seen.logits.mean(0))}]


def _voice(item: Mapping[str, Any], profile: str) -> list[Row]:
    samples = decode_sound(item["audio"]["bytes"])[: int(speech.LONGEST_UTTERANCE * SAMPLE_RATE)]
    if choose(profile)["audio"] != EMBEDDED:
        return [_one("audio", *_asked("audio", profile, _heard(samples, "")))]
    logits, embedding = audio.predict_logits(voice_encoder.listen(samples), samples)
    return [_one("audio", softmax(logits), embedding)]


def _words(item: Mapping[str, Any], profile: str, modality: str, read: _Reader) -> list[Row]:
    if not (item["text"] or "").strip():
        raise Skipped("empty text")
    if modality == "text" and choose(profile)["text"] != EMBEDDED:
        return [_one("text", *_asked("text", profile, _heard(np.zeros(0, np.float32), item["text"].strip())))]
    logits, embeddings = read([item["text"].strip()])
    return [_one(modality, softmax(logits[0]), embeddings[0])]


def _video(item: Mapping[str, Any], profile: str) -> list[Row]:
    observed = observe(Path(item["video"]), profile=profile)
    found = observed.conclude(_who(observed, item.get("person") or ""))
    values = {"fused": found.fused, "ppa": found.ppa, "pfsa": found.pfsa, "compound": found.compound}
    for name, one in found.predictions.items():
        values[name] = one.probabilities
        if comparable(one.embedding, decision().prototypes.get(name)):
            assert one.embedding is not None
            values[SIMILARITIES[name]] = pfsa_of(one.embedding, decision().prototypes[name])
    if np.isnan(found.fused).all():
        raise Skipped("no modality is present")
    return [
        {"start": segment.start, "end": segment.end}
        | {name: None if np.isnan(value[row]).any() else value[row] for name, value in values.items()}
        for row, segment in enumerate(found.segments)
    ]


def _who(observed: Observation, side: str) -> int | None:
    """The person that an annotation means: the one further left or right of the two seen longest, or just the one seen
    longest.
    """
    people = observed.listed()[:2]
    if not side or not people:
        return None

    def across(person: int) -> float:
        boxes = np.stack(observed.boxes[person])
        return float((boxes[:, 1] + boxes[:, 3]).mean() / 2)

    ordered = sorted((one.id for one in people), key=across)
    return ordered[0] if side == "left" else ordered[-1]


_BY_KIND: Mapping[str, Callable[[Mapping[str, Any], str], Sequence[Row]]] = {
    FACE: _face,
    SEQUENCE: _sequence,
    VOICE: _voice,
    WORDS: partial(_words, modality="text", read=text.read),
    CAPTION: partial(_words, modality="scene_context", read=scene_context.read),
    VIDEO: _video,
}
