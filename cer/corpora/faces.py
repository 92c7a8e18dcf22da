"""Any parquet file of pictures with a face and a basic emotion: columns image and label.

The face is found, aligned and cropped as in a clip; a picture in which none is found is taken whole, and counted.
"""

from pathlib import Path

from datasets import Dataset

from cer.corpora.base import IMAGE, Corpus, numbered, one_file, read
from cer.labels import EMOTIONS


def rows(root: Path, split: str | None) -> Dataset:
    table = read(one_file(root, [split or "faces", "*"], [".parquet"]), ["image", "label"])
    return numbered(table)


CORPUS = Corpus(
    "faces", 1, "any parquet of pictures with a face: image, label", IMAGE, EMOTIONS, rows, observed_classes=True
)
