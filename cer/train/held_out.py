"""Held-out predictions of the six embedded models, and how items of one emotion are put together from them.

What fusion is fitted to decides what it trusts. A voice head is right about the actors it was trained beside and often
wrong elsewhere; so faces come from three corpora, two of them in the wild, voices from heads that have not heard any
recording of the corpus, and words from lines of talk and from posts that the text head was not trained on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cer.corpora import semeval2025
from cer.corpora.several import names_of
from cer.labels import EMOTIONS, MODALITIES
from cer.modalities import dynamic_face, scene_context, scene_label, static_face, text
from cer.modalities.base import softmax
from cer.perception.face_encoder import expressiveness
from cer.perception.text_encoder import encode
from cer.perception.voice_head import discourage_other, predict_voice
from cer.train.cache import expressions
from cer.train.data import Faces, even, ferplus, labeled
from cer.train.described import describe
from cer.train.dynamic_face import Synthesiser, ready
from cer.train.face_corpora import LabeledFaces, affectnet_like, film_stills, muxspace
from cer.train.voices import load_statistics, load_voices

PAIRS_PER_CLASS = 1500
FACES_PER_CORPUS = 1500
STEADY_SHARE = 0.5  # of the sequences that show one expression throughout; the others begin calm
POSTS = 3000  # lines of SemEval that are embedded
FACE = ("static_face", "dynamic_face", "scene_label", "scene_context")  # what rests on a face


@dataclass(frozen=True, slots=True)
class Pool:
    """Predictions of one source: probabilities [N, M, 8] of its modalities, emotions [N], embeddings [N, D] or None."""

    probabilities: np.ndarray
    emotions: np.ndarray
    embeddings: np.ndarray | None = None

    def __getitem__(self, rows: np.ndarray) -> "Pool":
        embeddings = None if self.embeddings is None else self.embeddings[rows]
        return Pool(self.probabilities[rows], self.emotions[rows], embeddings)


@dataclass(frozen=True, slots=True)
class Pools:
    """fit, test: modalities -> their common pool; no model was trained on either, and no person is in both. away: as
    fit, but with as many faces of the press, the web and film: what temperatures are fitted to. embeddings: modality
    -> (training pool, held-out pool) for PFSA.
    """

    fit: Mapping[tuple[str, ...], Pool]
    test: Mapping[tuple[str, ...], Pool]
    away: Mapping[tuple[str, ...], Pool]
    embeddings: Mapping[str, tuple[Pool, Pool]]


def embedded_pools(data: Path, work: Path) -> Pools:
    """Run the exported models on what they were not trained on. work: where `cer.train.audio` left the predictions of
    heads that had not heard the corpus.
    """
    rng = np.random.default_rng(0)
    faces = {name: of_faces(*part, work, rng) for name, part in _faces(data, work, rng).items()}
    fit_words, test_words = _words(data)
    fit_voices, test_voices = _voices(work)
    voices = _voice_prototypes(data, work)
    training_words = _of_words(labeled("meld", data / "text/meld-train.csv"))
    return Pools(
        fit={FACE: faces["fit"][0], ("audio",): fit_voices, ("text",): fit_words},
        test={FACE: faces["test"][0], ("audio",): test_voices, ("text",): test_words},
        away={FACE: faces["away"][0], ("audio",): fit_voices, ("text",): fit_words},
        embeddings={
            **{name: (faces["training"][1][name], faces["fit"][1][name]) for name in FACE},
            "audio": (voices, voices),
            "text": (training_words, fit_words),
        },
    )


def _faces(data: Path, work: Path, rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Images [N, SIDE, SIDE, 3] and targets [N, 8] to train prototypes with, to fit fusion to, and to test it on."""
    crowd = {split: ferplus(data / f"faces/ferplus-{split}.parquet") for split in ("train", "validation", "test")}
    training = even(crowd["train"], rng)
    press = muxspace(data / "faces/muxspace.parquet", work)[1]
    web = affectnet_like(data / "faces/affectnet-like.parquet", work)[1]
    film = film_stills(data / "faces/film-stills.parquet", work)
    return {
        "training": (training.images, training.targets),
        "fit": _together([crowd["validation"], press, web], rng),
        "test": _together([crowd["test"], film], rng),
        "away": _together([press, web, film], rng, len(film)),
    }


def _together(
    corpora: Sequence[Faces | LabeledFaces], rng: np.random.Generator, most: int = FACES_PER_CORPUS
) -> tuple[np.ndarray, np.ndarray]:
    """At most so many faces of each corpus."""
    rows = [rng.permutation(len(faces.images))[:most] for faces in corpora]
    images = np.concatenate([faces.images[chosen] for faces, chosen in zip(corpora, rows, strict=True)])
    targets = np.concatenate([faces.targets[chosen] for faces, chosen in zip(corpora, rows, strict=True)])
    return images, targets


def of_faces(
    images: np.ndarray, targets: np.ndarray, work: Path, rng: np.random.Generator
) -> tuple[Pool, dict[str, Pool]]:
    """The four modalities that rest on a face, on a sequence that peaks in one face each: together, and one by one with
    their embeddings. What does not know of time sees the weighted mean, as it does in a clip; the description is the
    peak's.
    """
    encoded = expressions(images, work)
    emotions, size = targets.argmax(1), encoded.embeddings.shape[1]
    rows = np.arange(len(encoded))
    slots, mask, _ = Synthesiser(ready(encoded), targets)(len(encoded), rng, rows, STEADY_SHARE)
    moved, motion = dynamic_face.classify(slots, mask)
    weights = mask * expressiveness(slots[..., size:])
    embedding, logits = _over_time(slots[..., :size], weights), _over_time(slots[..., size:], weights)
    each = scene_label.project(slots[..., :size].reshape(-1, size))
    projected = _over_time(each.reshape(*slots.shape[:2], -1), weights)
    projected /= np.linalg.norm(projected, axis=1, keepdims=True)
    people = describe(encoded, rng)
    context, described = scene_context.classify_described(people), encode([each.text for each in people])
    labels = scene_label.match_emotions(projected)
    parts = {
        "static_face": Pool(static_face.probabilities(logits)[:, None], emotions, embedding),
        "dynamic_face": Pool(softmax(moved)[:, None], emotions, motion),
        "scene_label": Pool(labels[:, None], emotions, projected),
        "scene_context": Pool(softmax(context)[:, None], emotions, described),
    }
    return Pool(np.concatenate([part.probabilities for part in parts.values()], 1), emotions), parts


def _over_time(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean [N, D] of sequences [N, SLOTS, D] over time, weights [N, SLOTS]; zero where there is no face."""
    return np.asarray(np.einsum("nsd,ns->nd", values, weights) / weights.sum(1, keepdims=True), np.float32)


def _voices(work: Path) -> tuple[Pool, Pool]:
    """Voices of every corpus by heads that had not heard it; half of the speakers each."""
    left_out = np.load(work / "audio_left_out.npz")
    speech = left_out["corpora"] != "emogator"  # without any burst in training a head cannot judge bursts
    speakers = left_out["speakers"][speech]
    first = np.isin(speakers, np.unique(speakers)[::2])
    logits = np.log(np.maximum(left_out["probabilities"][speech], 1e-9))
    pool = Pool(softmax(discourage_other(logits, 0.0))[:, None], left_out["emotions"][speech])
    return pool[first], pool[~first]


def _voice_prototypes(data: Path, work: Path) -> Pool:
    """Embeddings of the clean recordings. The head was trained on them: the temperature is a little too sure."""
    voices = load_voices(data / "speech")
    statistics = load_statistics(voices, work, views=0)[:, 0]
    outputs = [predict_voice(row, float(burst)) for row, burst in zip(statistics, voices.bursts, strict=True)]
    logits, embeddings = (np.stack([output[index] for output in outputs]) for index in range(2))
    return Pool(softmax(logits)[:, None], voices.emotions, embeddings)


def _words(data: Path) -> tuple[Pool, Pool]:
    """Lines of talk, and posts with exactly one emotion or none."""
    pools = []
    for talk, posts in (("dev", "train"), ("test", "dev")):
        spoken = labeled("meld", data / f"text/meld-{talk}.csv")[["text", "emotion"]]
        pools.append(_of_words(pd.concat([spoken, _posts(data / f"text/semeval2025-{posts}.csv.gz")])))
    return pools[0], pools[1]


def _posts(path: Path) -> pd.DataFrame:
    """English posts of SemEval-2025 task 11 with at most one emotion: columns text, emotion."""
    table = semeval2025.rows(path, "train:eng").to_pandas()
    table = table[table["label"].notna()]
    names = table["label"].map(names_of)
    single = names.str.len() == 1
    return pd.DataFrame({"text": table["text"], "emotion": names.str[0].map(EMOTIONS.index)})[single][:POSTS]


def _of_words(table: pd.DataFrame) -> Pool:
    logits, embeddings = text.classify(table["text"].tolist())
    return Pool(softmax(logits)[:, None], table["emotion"].to_numpy(), embeddings)


def pair(pools: Mapping[tuple[str, ...], Pool], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Items for MHPF from pools: probabilities [N, 6, 8], present [N, 6], emotions [N].

    Each class gets PAIRS_PER_CLASS items; a source without the class is absent from its items.
    """
    rng = np.random.default_rng(seed)
    count = PAIRS_PER_CLASS * len(EMOTIONS)
    probabilities = np.zeros((count, len(MODALITIES), len(EMOTIONS)), np.float32)
    present = np.zeros((count, len(MODALITIES)), bool)
    emotions = np.repeat(np.arange(len(EMOTIONS)), PAIRS_PER_CLASS)
    for names, pool in pools.items():
        columns = np.array([MODALITIES.index(name) for name in names])
        for emotion in range(len(EMOTIONS)):
            rows = np.flatnonzero(pool.emotions == emotion)
            if len(rows):
                items = np.flatnonzero(emotions == emotion)
                probabilities[np.ix_(items, columns)] = pool.probabilities[rng.choice(rows, len(items))]
                present[np.ix_(items, columns)] = True
    return probabilities, present, emotions
