"""C-EXPR-DB (Kollias, 2023): 56 videos of the ABAW compound expression challenge, seven classes, one label a frame.

The test labels are not public: a run predicts, and `python -m eval submit` writes the challenge's file. Who holds
labels puts them into a folder `annotations` as one text file a video (a header of class names, then one class a frame,
-1 where invalid; frames of "Other" do not count). The videos are given on request; see docs/evaluation.md.
"""

from pathlib import Path

from datasets import Dataset, Features, List, Value

from cer.corpora.annotated import read_frames, videos
from cer.corpora.base import VIDEO, Corpus
from cer.errors import DataError
from cer.labels import COMPOUNDS


def rows(root: Path, split: str | None) -> Dataset:
    if split is not None:
        raise DataError(f"--split {split}: c-expr-db has no splits.")
    paths = videos(root)
    if not paths:
        raise DataError(f"{root}: holds no videos.")
    items = []
    for stem, path in paths.items():
        labels = root / "annotations" / f"{stem}.txt"
        frames = read_frames(labels, COMPOUNDS, ignored=["Other"]) if labels.is_file() else []
        items.append({"id": stem, "label": None, "video": str(path), "person": "", "frames": frames})
    kinds = {"id": "string", "label": "string", "video": "string", "person": "string"}
    features = Features({name: Value(kind) for name, kind in kinds.items()} | {"frames": List(Value("int64"))})
    return Dataset.from_list(items, features)


CORPUS = Corpus(
    "c-expr-db",
    1,
    "C-EXPR-DB, 7 compound expressions, one label a frame; without labels it is predicted only",
    VIDEO,
    COMPOUNDS,
    rows,
    per_frame=True,
    protocol="7 classes, macro-F1 over all valid frames; a frame has the mean of the segments that cover it",
)
