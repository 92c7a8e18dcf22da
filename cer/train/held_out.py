"""Held-out predictions of the six embedded models, and how items of one emotion are put together from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cer.labels import EMOTIONS, MODALITIES
from cer.modalities import audio, dynamic_face, scene_context, scene_label, text
from cer.modalities.base import softmax
from cer.train.cache import expressions
from cer.train.data import Faces, even, ferplus, meld, ravdess
from cer.train.described import describe
from cer.train.dynamic_face import Synthesiser, ready

PAIRS_PER_CLASS = 1500
FACE = ("static_face", "dynamic_face", "scene_label", "scene_context")  # what sees a face


@dataclass(frozen=True, slots=True)
class Pool:
    """Predictions of one source: probabilities [N, M, 8] of the modalities it speaks for, emotions [N], embeddings [N,
    D] or None.
    """

    probabilities: np.ndarray
    emotions: np.ndarray
    embeddings: np.ndarray | None = None

    def __getitem__(self, rows: np.ndarray) -> "Pool":
        embeddings = None if self.embeddings is None else self.embeddings[rows]
        return Pool(self.probabilities[rows], self.emotions[rows], embeddings)


@dataclass(frozen=True, slots=True)
class Pools:
    """fit, test: modalities -> their common pool; no model was trained on either, and no voice is in both. embeddings:
    modality -> (training pool, held-out pool) for PFSA.
    """

    fit: Mapping[tuple[str, ...], Pool]
    test: Mapping[tuple[str, ...], Pool]
    embeddings: Mapping[str, tuple[Pool, Pool]]


def embedded_pools(data: Path, work: Path) -> Pools:
    """Runs the exported models on what they were not trained on. work: where `cer.train.audio` left its held-out
    predictions.
    """
    rng = np.random.default_rng(0)
    splits = {split: ferplus(data / f"faces/ferplus-{split}.parquet") for split in ("train", "validation", "test")}
    splits["train"] = even(splits["train"], rng)
    faces = {split: _of_faces(one, work, rng) for split, one in splits.items()}
    spoken = {split: meld(data / f"text/meld-{split}.csv") for split in ("train", "dev", "test")}
    said = {split: _of_words(table["text"].tolist(), table["emotion"].to_numpy()) for split, table in spoken.items()}
    voices = np.load(work / "audio.npz")
    heard = _of_voices(data)
    held: list[Mapping[tuple[str, ...], Pool]] = []
    for side, (face_split, word_split) in enumerate((("validation", "dev"), ("test", "test"))):
        mine = side_of(voices["actors"]) == side
        voice = Pool(voices["probabilities"][mine][:, None], voices["emotions"][mine])
        held.append({FACE: faces[face_split][0], ("audio",): voice, ("text",): said[word_split]})
    return Pools(
        fit=held[0],
        test=held[1],
        embeddings={
            **{name: (faces["train"][1][name], faces["validation"][1][name]) for name in FACE},
            "audio": (heard, heard),  # the head has heard every actor by now: the temperature is a little too sure
            "text": (said["train"], said["dev"]),
        },
    )


def side_of(actors: np.ndarray) -> np.ndarray:
    """0 or 1 for each RAVDESS actor [N]. Odd actors are men, even ones women: neighbours go together, so that there are
    as many of both on either side.
    """
    return np.asarray((actors - 1) // 2 % 2)


def _of_faces(faces: Faces, work: Path, rng: np.random.Generator) -> tuple[Pool, dict[str, Pool]]:
    """The four modalities that see a face, on one face each: together, and one by one with their embeddings."""
    seen = expressions(faces.images, work)
    emotions = faces.targets.argmax(1)
    slots, mask, _ = Synthesiser(ready(seen), faces.targets)(len(seen), rng, np.arange(len(seen)))
    moved, motion = dynamic_face.classify(slots, mask)
    pictures, scale = scene_label.look(seen.embeddings)
    context, described = scene_context.classify(describe(seen, rng))
    parts = {
        "static_face": Pool(softmax(seen.logits), emotions, seen.embeddings),
        "dynamic_face": Pool(softmax(moved), emotions, motion),
        "scene_label": Pool(scene_label.match(pictures, scene_label.label_texts(EMOTIONS), scale), emotions, pictures),
        "scene_context": Pool(softmax(context), emotions, described),
    }
    return Pool(np.stack([one.probabilities for one in parts.values()], 1), emotions), parts


def _of_words(texts: list[str], emotions: np.ndarray) -> Pool:
    logits, embeddings = text.classify(texts)
    return Pool(softmax(logits)[:, None], emotions, embeddings)


def _of_voices(data: Path) -> Pool:
    """Embeddings of every RAVDESS recording."""
    from cer.perception.voice_encoder import listen

    table = ravdess(data / "speech/ravdess-actors01-20.parquet")
    answers = [audio.classify(listen(samples), samples, 0.0) for samples in table["samples"]]
    return Pool(
        softmax(np.stack([logits for logits, _ in answers]))[:, None],
        table["emotion"].to_numpy(),
        np.stack([embedding for _, embedding in answers]),
    )


def pair(held: Mapping[tuple[str, ...], Pool], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Items for MHPF from pools: probabilities [N, 6, 8], present [N, 6], emotions [N].

    Each class gets PAIRS_PER_CLASS items; a source without the class is absent from its items.
    """
    rng = np.random.default_rng(seed)
    count = PAIRS_PER_CLASS * len(EMOTIONS)
    probabilities = np.zeros((count, len(MODALITIES), len(EMOTIONS)), np.float32)
    present = np.zeros((count, len(MODALITIES)), bool)
    emotions = np.repeat(np.arange(len(EMOTIONS)), PAIRS_PER_CLASS)
    for names, pool in held.items():
        columns = np.array([MODALITIES.index(name) for name in names])
        for emotion in range(len(EMOTIONS)):
            rows = np.flatnonzero(pool.emotions == emotion)
            if len(rows):
                items = np.flatnonzero(emotions == emotion)
                probabilities[np.ix_(items, columns)] = pool.probabilities[rng.choice(rows, len(items))]
                present[np.ix_(items, columns)] = True
    return probabilities, present, emotions
