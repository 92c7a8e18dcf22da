"""Captions that Qwen2.5-VL models wrote about AFEW clips, as published with ICCVW_25 (arXiv 2507.02205)."""

from pathlib import Path

from datasets import Dataset

from cer.corpora.base import CAPTION, Corpus, label_columns, one_file, read
from cer.labels import EMOTIONS

CLASSES = EMOTIONS[:7]


def rows(root: Path, split: str | None) -> Dataset:
    """split: "dev" (the default) or "train"; with ":MODEL:PROMPT" after it, for example "dev:7B:1", only those
    captions.
    """
    name, model, prompt = [*(split or "dev").split(":"), "", ""][:3]
    stems = [f"afew-{name}-captions", "captions"]
    table = read(one_file(root, stems, [".csv.gz", ".csv"]), ["segment", "model", "prompt", "caption", "label"])
    table = table.filter(lambda row: f"-{model}" in f"-{row['model']}" and prompt in ("", str(row["prompt"])))
    return table.map(
        lambda row: {
            "id": f"{row['segment']}/{row['model']}/{row['prompt']}",
            **label_columns(row["label"]),
            "text": row["caption"],
        },
        remove_columns=["segment", "model", "prompt", "caption"],
    )


CORPUS = Corpus("captions", 1, "Captions of AFEW clips, 7 emotions", CAPTION, CLASSES, rows, None, "dev")
