"""Captions that Qwen2.5-VL models wrote about AFEW clips, as published with ICCVW_25 (arXiv 2507.02205)."""

from pathlib import Path

from datasets import Dataset

from cer.corpora.base import CAPTION, Corpus, label_columns, one_file, read, with_labels
from cer.labels import EMOTIONS

CLASSES = EMOTIONS[:7]


def rows(root: Path, split: str | None) -> Dataset:
    """split: "dev" (the default) or "train"; with ":MODEL:PROMPT" after it, for example "dev:7B:1", only those
    captions. Items have the columns `model` and `prompt`.
    """
    name, model, prompt = [*(split or "dev").split(":"), "", ""][:3]
    stems = [f"afew-{name}-captions", "captions"]
    table = read(one_file(root, stems, [".csv.gz", ".csv"]), ["segment", "model", "prompt", "caption", "label"])
    names = list(zip(table["segment"], table["model"], table["prompt"], strict=True))
    labels = [label_columns(text) for text in table["label"]]
    items = with_labels(table.rename_column("caption", "text"), ["/".join(name) for name in names], labels)
    chosen = [row for row, name in enumerate(names) if f"-{model}" in f"-{name[1]}" and prompt in ("", name[2])]
    return items.remove_columns("segment").select(chosen)


CORPUS = Corpus("captions", 1, "Captions of AFEW clips, 7 emotions", CAPTION, CLASSES, rows, None, "dev")
