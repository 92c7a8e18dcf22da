"""The tables of an annotated archive, and an Analysis as their rows."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from cer.archive.sources import Item
from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.results.analysis import Analysis
from cer.results.document import document

Rows = dict[str, list[dict[str, Any]]]

_TEXT, _TEXTS, _NUMBER, _SECONDS, _COUNT = pa.string(), pa.list_(pa.string()), pa.float32(), pa.float64(), pa.int32()
_NUMBERS = pa.list_(_NUMBER)
_STATED = {
    "state": _TEXT,
    "state_probability": _NUMBER,
    "confidence": _NUMBER,
    "emotions": _TEXTS,
    "saliences": _NUMBERS,
}

_COLUMNS: Mapping[str, Mapping[str, pa.DataType]] = {
    "clips": {
        "address": _TEXT,
        "version": _TEXT,
        "sha256": _TEXT,
        "seconds": _SECONDS,
        "width": _COUNT,
        "height": _COUNT,
        "language": _TEXT,
        "person": _COUNT,
        **_STATED,
        "sentence": _TEXT,
        "compound": _NUMBERS,
        "basic": _NUMBERS,
        "warnings": _TEXTS,
        "failure": _TEXT,
    },
    "segments": {
        "start": _SECONDS,
        "end": _SECONDS,
        **_STATED,
        **dict.fromkeys(("compound", "ppa", "pfsa", "fused", *MODALITIES, "weights"), _NUMBERS),
        "speaker": _TEXT,
        "transcript": _TEXT,
    },
    "timeline": {"time": _SECONDS, "compound": _NUMBERS, "label": _TEXT},
    "people": {
        "person": _COUNT,
        "seconds_visible": _SECONDS,
        "first_seen": _SECONDS,
        "in_view": pa.list_(pa.list_(_SECONDS)),
        "still": pa.bool_(),
    },
    "words": {"start": _SECONDS, "end": _SECONDS, "text": _TEXT},
    "failures": {"address": _TEXT, "version": _TEXT, "reason": _TEXT},
}

TABLES: Mapping[str, pa.Schema] = {
    name: pa.schema({"id": _TEXT, **columns}.items()) for name, columns in _COLUMNS.items()
}
"""Columns of each table. `clips` has one row for every clip, whatever became of it; the others refer to it by `id`.
compound, ppa, pfsa: in the order of COMPOUNDS; fused, basic and the modalities: of EMOTIONS; null where absent."""


def rows_of(item: Item, analysis: Analysis) -> Rows:
    """An analysis as rows of every table."""
    written = document(analysis)
    summary, clip = written["summary"], written["clip"]
    key = {"id": item.id}
    return {
        "clips": [
            {
                **key,
                "address": item.address,
                "version": item.version,
                "sha256": clip["sha256"],
                "seconds": clip["duration"],
                "width": clip["width"],
                "height": clip["height"],
                "language": written["language"],
                "person": written["person"],
                **_stated(summary),
                "sentence": summary["sentence"],
                "compound": summary["compound"],
                "basic": summary["basic"],
                "warnings": written["warnings"],
                "failure": None,
            }
        ],
        "segments": [_segment(key, segment) for segment in written["segments"]],
        "timeline": [
            {**key, "time": time, "compound": compound, "label": label}
            for time, compound, label in zip(*written["timeline"].values(), strict=True)
        ],
        "people": [{**key, "person": person.pop("id"), **person} for person in written["people"]],
        "words": [{**key, **sentence} for sentence in written["transcript"]],
        "failures": [],
    }


def _segment(key: dict[str, str], segment: dict[str, Any]) -> dict[str, Any]:
    same = ("start", "end", "compound", "ppa", "pfsa", "fused", "transcript")
    speaker = segment["speaker"]
    return {
        **key,
        **{name: segment[name] for name in same},
        **_stated(segment),
        **{name: segment["modalities"][name]["probabilities"] for name in MODALITIES},
        "weights": [segment["weights"][name] for name in MODALITIES],
        "speaker": None if speaker is None else str(speaker),
    }


def _stated(part: dict[str, Any]) -> dict[str, Any]:
    return {
        "state": part["state"],
        "state_probability": part["state_probability"],
        "confidence": part["confidence"],
        "emotions": [each["emotion"] for each in part["emotions"]],
        "saliences": [each["salience"] for each in part["emotions"]],
    }


def failed(item: Item, reason: str) -> Rows:
    """A clip that could not be analyzed, as rows of every table."""
    row = {"id": item.id, "address": item.address, "version": item.version}
    empty = dict.fromkeys(TABLES["clips"].names)
    return {
        **{name: [] for name in TABLES},
        "clips": [{**empty, **row, "failure": reason}],
        "failures": [{**row, "reason": reason}],
    }


def table_of(name: str, parts: Sequence[Rows]) -> pa.Table:
    """The rows of one table, of clips in the order given."""
    return pa.Table.from_pylist([row for part in parts for row in part[name]], TABLES[name])


def columns_in_words() -> str:
    """What the lists of numbers stand for, for a dataset card."""
    return (
        f"`compound`, `ppa`, `pfsa`: {', '.join(COMPOUNDS)}. `fused`, `basic` and the modalities: "
        f"{', '.join(EMOTIONS)}. `weights`: {', '.join(MODALITIES)}."
    )
