"""RAVDESS speech: acted voices (Livingstone and Russo, 2018); calm counts as Neutral."""

from pathlib import Path

from datasets import Dataset

from cer.corpora.base import VOICE, Corpus, numbered, one_file, read

# By design: eight recordings an actor of each emotion, four of neutral and eight of calm.
PRIOR = {"Neutral": 0.2, **dict.fromkeys(("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise"), 2 / 15)}


def rows(root: Path, split: str | None) -> Dataset:
    stems = ["ravdess", "ravdess-actors21-24", "ravdess-actors01-20"]
    return numbered(read(one_file(root, stems, [".parquet"]), ["audio", "label"]))


CORPUS = Corpus("ravdess", 1, "RAVDESS speech, 7 acted emotions", VOICE, tuple(PRIOR), rows, PRIOR)
