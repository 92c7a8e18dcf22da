"""RAF-CE: faces with compound expressions (Dong et al., 2024). Odd image numbers: the even ones' action units were
trained on.
"""

import re
from pathlib import Path

from datasets import Dataset

from cer.corpora.base import FACE, Corpus, one_file, read, with_columns
from cer.labels import COMPOUNDS, compound_index


def label(text: str) -> str | None:
    """The compound expression, or None for one of RAF-CE's seven that are not among ours."""
    try:
        return COMPOUNDS[compound_index(text)]
    except ValueError:
        return None


def number(name: str) -> int:
    """The number in an image's name ("0004_aligned" -> 4); 0 where there is none."""
    return int(re.sub(r"\D", "", name) or 0)


def units(text: str | None) -> frozenset[int] | None:
    """The action units of an annotation such as "1+L4+B22", sides and halves merged; None where there is none."""
    if not text or text == "null":
        return None
    return frozenset(int(re.sub(r"\D", "", unit)) for unit in text.split("+"))


def faces(root: Path, split: str | None) -> Dataset:
    """Every face of "odd", "even" or "all" numbers: id, image, label (None where it is none of ours), action_units."""
    path = one_file(root, ["rafce-train", "rafce", "rafce-test"], [".parquet"])
    table = read(path, ["image", "label"], ["action_units"])
    names = [Path(image["path"]).stem for image in table["image"]]
    parities = {"odd": {1}, "even": {0}}.get(split or "", {0, 1})
    chosen = [row for row, name in enumerate(names) if number(name) % 2 in parities]
    return with_columns(table, id=names, label=[label(text) for text in table["label"]]).select(chosen)


def rows(root: Path, split: str | None) -> Dataset:
    """split: "odd" (the default), "even" or "all", by image number."""
    table = faces(root, split)
    return table.select([row for row, label in enumerate(table["label"]) if label is not None])


CORPUS = Corpus("rafce", 1, "RAF-CE faces, the 7 compound expressions of C-EXPR-DB", FACE, COMPOUNDS, rows, None, "odd")
