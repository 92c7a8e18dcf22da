"""Any parquet file of images with a face and a basic emotion: columns image and label.

The face is found, aligned and cropped as in a clip; an image in which none is found is taken whole, and counted.
"""

import re
from pathlib import Path

from datasets import Dataset

from cer.corpora.base import IMAGE, Corpus, numbered, one_file, read
from cer.labels import EMOTIONS


def rows(root: Path, split: str | None) -> Dataset:
    table = read(one_file(root, [split] if split else ["faces", "*"], [".parquet"]), ["image", "label"])
    return numbered(table)


def person_name(file: str) -> str:
    """The person a file is named after ("Al_Gore_0002.jpg" -> "Al_Gore"); other names without the suffix."""
    return re.sub(r"_\d{4}$", "", Path(file).stem)


CORPUS = Corpus(
    "faces", 1, "any parquet of images with a face: image, label", IMAGE, EMOTIONS, rows, observed_classes=True
)
