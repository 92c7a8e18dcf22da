"""Voices: the four corpora of voices as one table, and their statistics as one array.

RAVDESS (English, acted speech), nEMO (Polish, acted speech), EMOVO (Italian, acted speech), EmoGator (vocal bursts).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cer.errors import ClipError
from cer.labels import EMOTIONS, emotion_index
from cer.media.clip import SAMPLE_RATE
from cer.media.sound import decode_sound
from cer.perception.voice_encoder import ROWS_PER_SECOND, listen
from cer.perception.voice_statistics import STATISTICS_WIDTH, voice_statistics
from cer.train.data import labeled
from cer.train.sound import vary

logger = logging.getLogger(__name__)

FILES: Mapping[str, str] = {
    "ravdess": "ravdess-actors01-20.parquet",
    "nemo": "nemo-polish.parquet",
    "emovo": "emovo-italian.parquet",
    "emogator": "emogator-speakers001-300.parquet",
}
MAX_TRAINING_SPEAKER = 240  # of EmoGator; the others only validate
VIEWS = 3  # augmented views of every recording beside the clean one
_BLENDS = {"Surprise (Positive)": "Happiness", "Surprise (Negative)": "Fear"}


@dataclass(frozen=True, slots=True)
class Voices:
    """Recordings and what is known about them, N of each: samples float32 mono 16 kHz; emotions, positions in EMOTIONS;
    targets float32 [N, 8], distributions (two emotions where the corpus names a blend); corpora; speakers
    ("corpus/speaker"); categories, EmoGator's own words ("" elsewhere); bursts, True for sounds without words.
    """

    samples: list[np.ndarray]
    emotions: np.ndarray
    targets: np.ndarray
    corpora: np.ndarray
    speakers: np.ndarray
    categories: np.ndarray
    bursts: np.ndarray

    def __len__(self) -> int:
        return len(self.samples)

    def is_validation(self) -> np.ndarray:
        """Bool [N]: EmoGator's speakers that only validate."""
        numbers = np.array([int(name.split("/")[1]) if name.startswith("emogator/") else 0 for name in self.speakers])
        return numbers > MAX_TRAINING_SPEAKER


def load_voices(folder: Path) -> Voices:
    """Every corpus of FILES that lies in the folder. A recording that cannot be decoded is logged and skipped."""
    rows = [row for corpus, file in FILES.items() for row in _rows(corpus, folder / file)]
    table = pd.DataFrame(rows)
    return Voices(
        table["samples"].tolist(),
        table["emotion"].to_numpy(),
        np.stack([_target(*pair) for pair in zip(table["emotion"], table["category"], strict=True)]),
        table["corpus"].to_numpy(str),
        table["speaker"].to_numpy(str),
        table["category"].to_numpy(str),
        (table["corpus"] == "emogator").to_numpy(),
    )


def _rows(corpus: str, path: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for item in labeled(corpus, path).to_dict("records"):
        try:
            samples = decode_sound(item["audio"]["bytes"])
        except ClipError as error:
            logger.warning("%s, %s: skipped (%s)", path.name, item["audio"]["path"], error)
            continue
        rows.append(
            {
                "samples": samples,
                "emotion": item["emotion"],
                "corpus": corpus,
                "speaker": f"{corpus}/{item['speaker']}",
                "category": item.get("category", ""),
            }
        )
    return rows


def _target(emotion: int, category: str) -> np.ndarray:
    """Distribution [8]: all on the emotion, or 0.6 on the surprise of a blend and 0.4 on its other part."""
    target = np.zeros(len(EMOTIONS), np.float32)
    target[emotion] = 1
    if category in _BLENDS:
        target[[emotion, emotion_index(_BLENDS[category])]] = 0.6, 0.4
    return target


def load_statistics(voices: Voices, work: Path, views: int = VIEWS) -> np.ndarray:
    """Float32 [N, 1 + views, STATISTICS_WIDTH] of the clean recordings, then of augmented ones; each view is computed
    once and kept in `work`.
    """
    arrays = []
    for view in range(1 + views):
        path = work / f"voice_statistics_{view}.npy"
        if not path.exists():
            statistics = clean_view(voices) if view == 0 else augmented_view(voices, np.random.default_rng(view))
            np.save(path, statistics.astype(np.float16))
            logger.info("view %d of %d computed", view, views)
        arrays.append(np.load(path).astype(np.float32))
    return np.stack(arrays, 1)


def clean_view(voices: Voices) -> np.ndarray:
    """Statistics [N, STATISTICS_WIDTH] of the recordings as they are."""
    return np.stack([voice_statistics(listen(samples), samples) for samples in voices.samples])


def augmented_view(voices: Voices, rng: np.random.Generator) -> np.ndarray:
    """Statistics [N, STATISTICS_WIDTH] of changed recordings. They are encoded two of a speaker at a time, as
    utterances hold several sentences.
    """
    statistics = np.zeros((len(voices), STATISTICS_WIDTH), np.float32)
    for speaker in np.unique(voices.speakers):
        order = rng.permutation(np.flatnonzero(voices.speakers == speaker))
        for first in range(0, len(order), 2):
            pair = order[first : first + 2]
            pieces = [vary(voices.samples[index], rng) for index in pair]
            pause = np.zeros(int(rng.uniform(0.2, 0.8) * SAMPLE_RATE), np.float32)
            rows = listen(np.concatenate([pieces[0], *(part for piece in pieces[1:] for part in (pause, piece))]))
            start = 0
            for index, piece in zip(pair, pieces, strict=True):
                at = round(start / SAMPLE_RATE * ROWS_PER_SECOND)
                length = max(1, round(len(piece) / SAMPLE_RATE * ROWS_PER_SECOND))
                statistics[index] = voice_statistics(rows[at : at + length], piece)
                start += len(piece) + len(pause)
    return statistics
