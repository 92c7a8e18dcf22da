"""RAVDESS speech: acted voices (Livingstone and Russo, 2018); calm counts as Neutral."""

from cer.corpora.base import VOICE, Corpus
from cer.corpora.speech import rows_of

# By design: eight recordings an actor of each emotion, four of neutral and eight of calm.
PRIOR = {"Neutral": 0.2, **dict.fromkeys(("Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise"), 2 / 15)}

CORPUS = Corpus(
    "ravdess",
    1,
    "RAVDESS speech, 7 acted emotions",
    VOICE,
    tuple(PRIOR),
    rows_of("ravdess", "ravdess-actors21-24", "ravdess-actors01-20"),
    PRIOR,
)
