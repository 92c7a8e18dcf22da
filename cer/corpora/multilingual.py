"""What the corpora of texts in many languages share: the names of their splits, and language codes."""

from dataclasses import dataclass
from typing import Any

from datasets import Dataset, Features, Value

from cer.errors import DataError
from cer.labels import EMOTIONS

LABELS = tuple(name for name in EMOTIONS if name not in ("Neutral", "Other"))  # an item has any number of them

# Codes of SemEval-2025 task 11 with the two letters of ISO 639-1, which model cards and XED use. The dialects of
# Arabic and the languages of Nigeria and Mozambique without two letters keep their own code.
_TWO_LETTERS = {
    "afr": "af", "amh": "am", "chn": "zh", "deu": "de", "eng": "en", "esp": "es", "hau": "ha", "hin": "hi",
    "ibo": "ig", "kin": "rw", "mar": "mr", "orm": "om", "ptbr": "pt", "ptmz": "pt", "ron": "ro", "rus": "ru",
    "som": "so", "sun": "su", "swa": "sw", "swe": "sv", "tat": "tt", "tir": "ti", "ukr": "uk", "yor": "yo",
}  # fmt: skip


def two_letters(language: str) -> str:
    """The ISO 639-1 code of a language, or the code itself where there is none."""
    return _TWO_LETTERS.get(language, language)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which items of a file are meant. languages: all when empty. every: every n-th item of those."""

    split: str
    languages: frozenset[str]
    every: int

    @classmethod
    def of(cls, text: str) -> "Selection":
        """From "dev", "dev:eng", "dev:eng+deu" or "train::8" (every eighth item). Raises DataError."""
        split, languages, every, *more = [*text.split(":"), "", ""]
        count = every or "1"
        if not split or any(more) or not count.isdecimal() or int(count) < 1:
            raise DataError(f"--split {text}: must be SPLIT, SPLIT:LANGUAGE+LANGUAGE or SPLIT:LANGUAGES:EVERY.")
        return cls(split, frozenset(languages.split("+")) - {""}, int(count))

    def rows(self, languages: list[str]) -> list[int]:
        """Positions of the selected items of a table with these languages."""
        rows = [row for row, language in enumerate(languages) if not self.languages or language in self.languages]
        return rows[:: self.every]


def texts(items: list[dict[str, Any]]) -> Dataset:
    """Items as a Dataset: id, text, language, label, fault."""
    columns = ("id", "text", "language", "label", "fault")
    values = {column: [item[column] for item in items] for column in columns}
    return Dataset.from_dict(values, Features(dict.fromkeys(columns, Value("string"))))
