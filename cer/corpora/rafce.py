"""RAF-CE: faces with compound expressions (Dong et al., 2024). Odd picture numbers: the even ones' action units were
trained on.
"""

import re
from pathlib import Path

from datasets import Dataset

from cer.corpora.base import FACE, Corpus, one_file, read
from cer.labels import COMPOUNDS, compound_index


def label(text: str) -> str | None:
    """The compound expression, or None for one of RAF-CE's seven that are not among ours."""
    try:
        return COMPOUNDS[compound_index(text)]
    except ValueError:
        return None


def rows(root: Path, split: str | None) -> Dataset:
    """split: "odd" (the default), "even" or "all", by picture number."""
    table = read(one_file(root, ["rafce-train", "rafce", "rafce-test"], [".parquet"]), ["image", "label"])
    table = table.map(lambda row: {"id": Path(row["image"]["path"]).stem, "label": label(row["label"])})
    if split in ("odd", "even"):
        table = table.filter(lambda row: (int(re.sub(r"\D", "", row["id"]) or 0) % 2 == 1) == (split == "odd"))
    return table.filter(lambda row: row["label"] is not None)


CORPUS = Corpus("rafce", 1, "RAF-CE faces, the 7 compound expressions of C-EXPR-DB", FACE, COMPOUNDS, rows, None, "odd")
