"""RAF-CE: faces with compound expressions (Dong et al., 2024). Odd picture numbers: the even ones' action units were
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
    """The number in a picture's name ("0004_aligned" -> 4); 0 where there is none."""
    return int(re.sub(r"\D", "", name) or 0)


def rows(root: Path, split: str | None) -> Dataset:
    """split: "odd" (the default), "even" or "all", by picture number."""
    table = read(one_file(root, ["rafce-train", "rafce", "rafce-test"], [".parquet"]), ["image", "label"])
    names = [Path(image["path"]).stem for image in table["image"]]
    labels = [label(text) for text in table["label"]]
    parities = {"odd": {1}, "even": {0}}.get(split or "", {0, 1})
    chosen = [row for row, name in enumerate(names) if labels[row] is not None and number(name) % 2 in parities]
    return with_columns(table, id=names, label=labels).select(chosen)


CORPUS = Corpus("rafce", 1, "RAF-CE faces, the 7 compound expressions of C-EXPR-DB", FACE, COMPOUNDS, rows, None, "odd")
