"""Trains the audio head: attention over time on Whisper's encoder rows, from RAVDESS speech.

    python -m cer.train.audio --data DATA --out cer/weights
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import pandas as pd

from ..media import SAMPLE_RATE
from ..speech import ROWS_PER_SECOND, encode
from .data import ravdess
from .sound import vary

logger = logging.getLogger(__name__)

VIEWS = 4  # augmented views of every recording beside the clean one


def features(table: pd.DataFrame, views: int = VIEWS, seed: int = 0) -> list[list[np.ndarray]]:
    """Encoder rows float16 [R, 384] of each recording: the clean one, then `views` augmented ones.

    Augmented recordings are encoded two at a time, as utterances hold several sentences.
    """
    rng = np.random.default_rng(seed)
    found: list[list[np.ndarray]] = [[encode(samples)[1].astype(np.float16)] for samples in table["samples"]]
    actors = table["actor"].to_numpy()
    for view in range(views):
        for actor in np.unique(actors):
            order = rng.permutation(np.flatnonzero(actors == actor))
            for first in range(0, len(order), 2):
                pair = order[first : first + 2]
                pieces = [vary(table["samples"].iloc[index], rng) for index in pair]
                pause = np.zeros(int(rng.uniform(0.2, 0.8) * SAMPLE_RATE), np.float32)
                joined = np.concatenate([pieces[0], *(part for piece in pieces[1:] for part in (pause, piece))])
                rows = encode(joined)[1].astype(np.float16)
                start = 0
                for index, piece in zip(pair, pieces, strict=True):
                    at = round(start / SAMPLE_RATE * ROWS_PER_SECOND)
                    found[index].append(rows[at : at + max(1, round(len(piece) / SAMPLE_RATE * ROWS_PER_SECOND))])
                    start += len(piece) + len(pause)
        logger.info("view %d of %d encoded", view + 1, views)
    return found
