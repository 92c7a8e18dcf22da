"""SemEval-2025 task 11, track A: short texts in 28 languages, each with any number of emotions (arXiv 2503.07269).

One CSV file a split, plain or gzipped: id, text, language, and a column of 0 and 1 for each emotion. The cells of an
emotion that a language's annotators did not have on their list are empty, or the column is missing.
"""

from pathlib import Path
from typing import Any

from datasets import Dataset

from cer.corpora.base import WORDS, Corpus, one_file, read
from cer.corpora.multilingual import LABELS, Selection, texts
from cer.corpora.several import WHOLE, label_of
from cer.errors import DataError
from cer.labels import EMOTIONS, emotion_index

COLUMNS = ("anger", "disgust", "fear", "joy", "sadness", "surprise")
_NAMES = {column: EMOTIONS[emotion_index(column)] for column in COLUMNS}

# Of the probability over Neutral and the labels of the language, chosen for the multilingual head on 2,165 texts of
# train that it was not trained on (every sixteenth, up to 80 a language), as `python -m eval thresholds` chooses.
THRESHOLDS = {
    "Anger": 0.16, "Disgust": 0.19, "Fear": 0.30,
    "Happiness": 0.20, "Sadness": 0.14, "Surprise": 0.23,
}  # fmt: skip


# For the language of today's text head, chosen in the same way on --split train:eng.
LANGUAGE_THRESHOLDS = {
    "eng": {"Anger": 0.24, "Fear": 0.08, "Happiness": 0.14, "Sadness": 0.21, "Surprise": 0.04},
}


def rows(root: Path, split: str | None) -> Dataset:
    """split: "dev" (the default) or "train"; see Selection for one language or a sample."""
    selection = Selection.of(split or "dev")
    stems = [f"semeval2025-{selection.split}", selection.split]
    path = one_file(root, stems, [".csv.gz", ".csv"])
    table = read(path, ["id", "text"], [*COLUMNS, "language"])
    if not set(COLUMNS) & set(table.column_names):
        raise DataError(f"{path}: has no column of an emotion ({', '.join(COLUMNS)}).")
    languages = list(table["language"]) if "language" in table.column_names else [""] * len(table)
    chosen = selection.rows(languages)
    table = table.select(chosen)
    items = [
        {"id": row["id"], "text": row["text"], "language": languages[place], **_label(row)}
        for place, row in zip(chosen, table.to_list(), strict=True)
    ]
    return texts(items)


def _label(row: dict[str, Any]) -> dict[str, str | None]:
    """The columns `label` and `fault`; no label where no emotion is annotated, as in the task's test files."""
    cells = {_NAMES[column]: (row.get(column) or "").strip() for column in COLUMNS}
    wrong = sorted(set(cells.values()) - {"0", "1", ""})
    if wrong:
        return {"label": None, "fault": f"label {wrong[0]!r} is neither 0 nor 1"}
    if not any(cells.values()):
        return {"label": None, "fault": None}
    present = {name: WHOLE for name, cell in cells.items() if cell == "1"}
    return {"label": label_of(present, [name for name, cell in cells.items() if not cell]), "fault": None}


CORPUS = Corpus(
    "semeval2025",
    1,
    "SemEval-2025 task 11 track A, 28 languages, any number of 6 emotions a text",
    WORDS,
    LABELS,
    rows,
    split="dev",
    multi_label=True,
    thresholds=THRESHOLDS,
    language_thresholds=LANGUAGE_THRESHOLDS,
    protocol="for each language the mean F1 of its labels, then the mean over languages; thresholds chosen on train",
)
