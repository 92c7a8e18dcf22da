"""The vocabulary: eight basic emotions, seven compound expressions, six modalities, in one order everywhere.

Compound expressions and their order are those of the ABAW compound expression challenge (C-EXPR-DB, arXiv 2207.13425).
"""

from typing import Final

EMOTIONS: Final = ("Neutral", "Anger", "Disgust", "Fear", "Happiness", "Sadness", "Surprise", "Other")
MODALITIES: Final = ("static_face", "dynamic_face", "scene_label", "scene_context", "audio", "text")

_PAIRS: Final = {
    "Fearfully Surprised": ("Fear", "Surprise"),
    "Happily Surprised": ("Happiness", "Surprise"),
    "Sadly Surprised": ("Sadness", "Surprise"),
    "Disgustedly Surprised": ("Disgust", "Surprise"),
    "Angrily Surprised": ("Anger", "Surprise"),
    "Sadly Fearful": ("Sadness", "Fear"),
    "Sadly Angry": ("Sadness", "Anger"),
}
COMPOUNDS: Final = tuple(_PAIRS)
PAIRS: Final = tuple((EMOTIONS.index(a), EMOTIONS.index(b)) for a, b in _PAIRS.values())
"""(i, j) per compound expression: positions in EMOTIONS of the two basic emotions it is made of."""

_SPELLINGS: Final = {
    "Neutral": ("neutral", "calm"),
    "Anger": ("anger", "angry"),
    "Disgust": ("disgust", "disgusted"),
    "Fear": ("fear", "fearful"),
    "Happiness": ("happiness", "happy", "joy"),
    "Sadness": ("sadness", "sad"),
    "Surprise": ("surprise", "surprised"),
    "Other": ("other", "contempt"),
}
_EMOTION_OF: Final = {word: EMOTIONS.index(name) for name, words in _SPELLINGS.items() for word in words}


def emotion_index(name: str) -> int:
    """Position in EMOTIONS of a corpus' word for an emotion ("joy", "Angry", "calm"); contempt counts as Other.

    Raises ValueError for a word that names no basic emotion.
    """
    try:
        return _EMOTION_OF[name.strip().lower()]
    except KeyError:
        raise ValueError(f"{name!r} names no basic emotion; known words: {', '.join(sorted(_EMOTION_OF))}") from None


def compound_index(name: str) -> int:
    """Position in COMPOUNDS of a compound label, whatever its case and separators ("fearfully_surprised").

    Raises ValueError for a label that is none of the seven.
    """
    plain = " ".join(name.replace("_", " ").split()).lower()
    for index, label in enumerate(COMPOUNDS):
        if label.lower() == plain:
            return index
    raise ValueError(f"{name!r} is none of the seven compound expressions: {', '.join(COMPOUNDS)}")
