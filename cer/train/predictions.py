"""Predictions of a run of the harness, to train fusion on a corpus of one's own."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cer.labels import COMPOUNDS, MODALITIES, emotion_index

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Items:
    """probabilities float32 [N, M, 8] (anything where absent), present bool [N, M], emotions int [N]."""

    probabilities: np.ndarray
    present: np.ndarray
    emotions: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> "Items":
        return Items(self.probabilities[rows], self.present[rows], self.emotions[rows])


def of_predictions(path: Path) -> tuple[Items, np.ndarray]:
    """The segments of a run, from its predictions.parquet, and the name of each one's clip [N].

    A segment has its clip's label or, in a corpus labelled by frame (frames.parquet beside it), the label of most of
    its valid frames; segments without either, or without any modality, are left out. Raises ValueError for compound
    labels.
    """
    table = pd.read_parquet(path)
    labels = _by_frame(table, path.parent) if table["label"].isna().all() else table["label"].to_numpy()
    if pd.Series(labels).isin(COMPOUNDS).any():
        raise ValueError(
            f"{path}: holds compound labels; the method is zero-shot, so fusion is trained on basic emotions only"
        )
    columns: list[list[np.ndarray]] = [
        [np.full(8, np.nan) if p is None else np.asarray(p, np.float32) for p in table[name]] for name in MODALITIES
    ]
    probabilities = np.stack([np.stack(column) for column in columns], 1).astype(np.float32)
    present = np.logical_not(np.isnan(probabilities).any(axis=2))
    usable = np.any(present, axis=1) & ~pd.isna(labels)
    logger.info("%s: %d segments, %d without label or modality skipped", path, len(table), int((~usable).sum()))
    emotions = np.array([emotion_index(label) for label in labels[usable]], int)
    return Items(np.nan_to_num(probabilities)[usable], present[usable], emotions), table["id"].to_numpy()[usable]


def _by_frame(table: pd.DataFrame, run: Path) -> np.ndarray:
    """The label of most valid frames of each segment [N]; None where there are none."""
    if not (run / "frames.parquet").is_file():
        raise ValueError(f"{run}: its items have no labels, and there is no frames.parquet beside them")
    classes = json.loads((run / "results.json").read_text("utf-8"))["classes"]
    frames = pd.read_parquet(run / "frames.parquet")
    valid = frames[frames["label"] >= 0]
    of_clip = dict(iter(valid.groupby("id")))
    reasons: list[str | None] = []
    for row in table.itertuples():
        items = of_clip.get(row.id)
        inside = items[(items["time"] >= row.start) & (items["time"] < row.end)] if items is not None else valid[:0]
        reasons.append(classes[int(inside["label"].mode()[0])] if len(inside) else None)
    return np.array(reasons, object)


def halves(clips: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows [N] of two halves of the clips: no clip lies in both."""
    names = np.unique(clips)
    first = np.random.default_rng(seed).permutation(names)[: (len(names) + 1) // 2]
    inside = np.isin(clips, first)
    return np.flatnonzero(inside), np.flatnonzero(~inside)
