"""RAF-CE: faces with compound expressions (Dong et al., 2024). Odd image numbers: the even ones' action units were
trained on.
"""

import re
from pathlib import Path

from datasets import Dataset

from cer.corpora.base import FACE, Corpus, one_file, read, with_columns
from cer.errors import DataError
from cer.labels import COMPOUNDS, compound_index, emotion_index

OTHERS = (  # of RAF-CE, not of C-EXPR-DB
    "Happily Disgusted",
    "Happily Sad",
    "Happily Fearful",
    "Sadly Disgusted",
    "Fearfully Angry",
    "Fearfully Disgusted",
    "Angrily Disgusted",
)
EXPRESSIONS = (*COMPOUNDS, *OTHERS)
"""RAF-CE's fourteen: the seven of C-EXPR-DB in their order, then its own."""

PARITIES = {"odd": {1}, "even": {0}, "all": {0, 1}}  # of image numbers, by the split's name

VOTES = ("Surprise", "Fear", "Disgust", "Happiness", "Sadness", "Anger")
"""The emotions of `basic_votes`, in the order that the labels give away: of each label's two, both get most votes."""

_ADVERBS = {"Happily": "happy", "Sadly": "sad", "Fearfully": "fear", "Angrily": "anger", "Disgustedly": "disgust"}
PAIRS = tuple((emotion_index(_ADVERBS[first]), emotion_index(second)) for first, second in map(str.split, EXPRESSIONS))
"""(i, j) per expression: positions in EMOTIONS of the two basic emotions it is made of."""


def label(text: str) -> str | None:
    """The compound expression, or None for one of RAF-CE's seven that are not among ours."""
    try:
        return COMPOUNDS[compound_index(text)]
    except ValueError:
        return None


def expression_index(text: str) -> int:
    """Position in EXPRESSIONS of one of RAF-CE's labels. Raises ValueError for another word."""
    plain = " ".join(text.replace("_", " ").split()).title()
    if plain not in EXPRESSIONS:
        raise ValueError(f"{text!r} is none of RAF-CE's fourteen: {', '.join(EXPRESSIONS)}")
    return EXPRESSIONS.index(plain)


def number(name: str) -> int:
    """The number in an image's name ("0004_aligned" -> 4); 0 where there is none."""
    return int(re.sub(r"\D", "", name) or 0)


def units(text: str | None) -> frozenset[int] | None:
    """The action units of an annotation such as "1+L4+B22", sides and halves merged; None where there is none."""
    if not text or text == "null":
        return None
    return frozenset(int(re.sub(r"\D", "", unit)) for unit in text.split("+"))


def faces(root: Path, split: str | None) -> Dataset:
    """Every face of "odd", "even" or "all" numbers: id, image, label (None where it is none of ours), expression (the
    label as it is written), action_units, basic_votes.
    """
    if split not in (None, *PARITIES):
        raise DataError(f"--split {split}: rafce has {', '.join(PARITIES)}.")
    path = one_file(root, ["rafce-train", "rafce", "rafce-test"], [".parquet"])
    table = read(path, ["image", "label"], ["action_units", "basic_votes"])
    names = [Path(image["path"]).stem for image in table["image"]]
    parities = PARITIES[split or "all"]
    chosen = [row for row, name in enumerate(names) if number(name) % 2 in parities]
    texts = table["label"]
    return with_columns(table, id=names, label=[label(text) for text in texts], expression=texts).select(chosen)


def rows(root: Path, split: str | None) -> Dataset:
    """split: "odd" (the default), "even" or "all", by image number."""
    table = faces(root, split)
    return table.select([row for row, label in enumerate(table["label"]) if label is not None])


CORPUS = Corpus("rafce", 1, "RAF-CE faces, the 7 compound expressions of C-EXPR-DB", FACE, COMPOUNDS, rows, None, "odd")
