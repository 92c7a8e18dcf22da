"""Any parquet file of voices with a basic emotion, speech or bursts: columns audio and label.

Where a file names them, `speaker` is who speaks (RAVDESS says actor), and `category` EmoGator's own word for a burst.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from datasets import Dataset

from cer.corpora.base import VOICE, Corpus, numbered, one_file, read
from cer.labels import EMOTIONS


def rows_of(*stems: str) -> Callable[[Path, str | None], Dataset]:
    """A reader of the parquet file with one of the stems, or of the file that is named."""

    def rows(root: Path, split: str | None) -> Dataset:
        path = one_file(root, [split] if split else stems, [".parquet"])
        table = numbered(read(path, ["audio", "label"], ["speaker", "actor", "category"]))
        return table.rename_column("actor", "speaker") if "actor" in table.column_names else table

    return rows


def voices(name: str, about: str, stems: Sequence[str]) -> Corpus:
    return Corpus(name, 1, about, VOICE, EMOTIONS, rows_of(*stems), observed_classes=True)


CORPUS = voices("speech", "any parquet of voices: audio, label", ["speech", "*"])
NEMO = voices("nemo", "nEMO, acted Polish, 6 emotions", ["nemo-polish", "nemo"])
EMOVO = voices("emovo", "EMOVO, acted Italian, 7 emotions", ["emovo-italian", "emovo"])
EMOGATOR = voices("emogator", "EmoGator, vocal bursts", ["emogator-speakers001-300", "emogator"])
