"""The document of an Analysis: analysis.json and two CSV tables, as text.

Schema 2 holds every key of schema 1 with its meaning, and more: `docs/analysis.schema.json` describes it.
"""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from cer import __version__
from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.results.analysis import Analysis, compound_name, mean_of_known
from cer.results.witnesses import witnesses
from cer.results.wording import verdict

SCHEMA = 2
_DIGITS = 5  # of a probability in files
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # of a cell that spreadsheets would compute


def document(analysis: Analysis, schema: int = SCHEMA) -> dict[str, Any]:
    """The document of analysis.json, schema 1 or 2. What is absent is null.

    Raises:
        ValueError: There is no such schema.
    """
    if schema not in (1, SCHEMA):
        raise ValueError(f"schema {schema} does not exist; there is: 1, {SCHEMA}")
    written = _first_schema(analysis)
    if schema == 1:
        return written
    written["schema"] = SCHEMA
    written["version"] = __version__
    written["clip"]["sha256"] = analysis.clip.sha256
    written["sources"] = analysis.sources
    written["events"] = [
        {
            "start": round(event.start, 3),
            "end": round(event.end, 3),
            "kind": event.kind,
            "confidence": round(event.confidence, _DIGITS),
        }
        for event in analysis.events
    ]
    written["people"] = [
        {
            **row,
            "in_view": [[round(start, 3), round(end, 3)] for start, end in person.in_view],
            "still": person.still,
        }
        for row, person in zip(written["people"], analysis.people, strict=True)
    ]
    written["cuts"] = [round(float(time), 3) for time in analysis.cuts]
    written["language"] = analysis.language
    written["warnings"] = list(analysis.warnings)
    if analysis.own_labels:
        written["own_labels"] = {
            "labels": list(analysis.own_labels),
            "sha256": analysis.own_sha256,
            "clip": _numbers(mean_of_known(analysis.own)),
            "segments": [_numbers(row) for row in analysis.own],
        }
    written["summary"] |= _stated(analysis, None)
    speakers = analysis.speakers or [None] * len(analysis.segments)
    written["segments"] = [
        {**segment, **_stated(analysis, row), "speaker": speakers[row]}
        for row, segment in enumerate(written["segments"])
    ]
    return written


def _stated(analysis: Analysis, row: int | None) -> dict[str, Any]:
    """What schema 2 says of segment `row`, or of the clip: the open-set decision and the witnesses."""
    statement = analysis.statement if row is None else analysis.statements[row]
    return {
        "state": statement.state,
        "state_probability": round(statement.probability, _DIGITS),
        "confidence": round(statement.confidence, _DIGITS),
        "emotions": [{"emotion": name, "salience": round(salience, _DIGITS)} for name, salience in statement.emotions],
        "witnesses": [
            {
                "source": witness.source,
                "modalities": list(witness.modalities),
                "emotion": witness.emotion,
                "probabilities": _numbers(witness.probabilities),
                "contribution": _numbers(witness.contribution),
                "quality": round(witness.quality, _DIGITS),
            }
            for witness in witnesses(analysis, row)
        ],
    }


def _first_schema(analysis: Analysis) -> dict[str, Any]:
    overall, basic = analysis.overall, analysis.basic
    return {
        "schema": 1,
        "clip": {
            "name": analysis.clip.name,
            "duration": round(analysis.clip.duration, 3),
            "fps": round(analysis.clip.fps, 3),
            "width": analysis.clip.width,
            "height": analysis.clip.height,
            "has_audio": analysis.clip.has_audio,
            "rotation": analysis.clip.rotation,
        },
        "profile": analysis.profile,
        "emotions": list(EMOTIONS),
        "compounds": list(COMPOUNDS),
        "modalities": list(MODALITIES),
        "segments": [_segment(analysis, row) for row in range(len(analysis.segments))],
        "timeline": {
            "times": [round(float(time), 3) for time in analysis.times],
            "compound": [_numbers(row) for row in analysis.timeline],
            "labels": [compound_name(row) for row in analysis.timeline],
        },
        "summary": {
            "sentence": verdict(analysis),
            "label": analysis.label,
            "compound": _numbers(overall),
            "basic": _numbers(basic),
            "modalities": {
                name: _numbers(mean_of_known(prediction.probabilities))
                for name, prediction in analysis.predictions.items()
            },
            "weights": {
                name: round(float(analysis.weights[:, column].mean()), _DIGITS)
                for column, name in enumerate(MODALITIES)
            },
        },
        "transcript": [
            {"start": round(sentence.start, 3), "end": round(sentence.end, 3), "text": sentence.text}
            for sentence in analysis.transcript
        ],
        "person": analysis.person,
        "people": [
            {
                "id": person.id,
                "seconds_visible": round(person.seconds_visible, 2),
                "first_seen": round(person.first_seen, 3),
            }
            for person in analysis.people
        ],
        "models": [
            {"modality": m.modality, "name": m.name, "revision": m.revision, "sha256": m.sha256}
            for m in analysis.models
        ],
        "timings": {stage: round(seconds, 4) for stage, seconds in analysis.timings.items()},
    }


def _segment(analysis: Analysis, row: int) -> dict[str, Any]:
    segment = analysis.segments[row]
    return {
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "modalities": {
            name: {
                "present": bool(prediction.present[row]),
                "probabilities": _numbers(prediction.probabilities[row]),
                "reason": prediction.reasons[row],
            }
            for name, prediction in analysis.predictions.items()
        },
        "fused": _numbers(analysis.fused[row]),
        "weights": {
            name: round(float(analysis.weights[row, column]), _DIGITS) for column, name in enumerate(MODALITIES)
        },
        "ppa": _numbers(analysis.ppa[row]),
        "pfsa": _numbers(analysis.pfsa[row]),
        "compound": _numbers(analysis.compound[row]),
        "label": compound_name(analysis.compound[row]),
        "transcript": analysis.note("text", row),
        "caption": analysis.note("scene_context", row),
    }


def to_json(analysis: Analysis, schema: int = SCHEMA) -> str:
    """The text of analysis.json."""
    return as_json(document(analysis, schema))


def segments_csv(analysis: Analysis) -> str:
    """One row per segment: times, label, compound and fused probabilities, weights, every modality's probabilities, and
    those of the user's own labels.
    """
    header = [
        "start",
        "end",
        "label",
        "state",
        "emotions",
        *COMPOUNDS,
        *(f"fused {e}" for e in EMOTIONS),
        *(f"weight {m}" for m in MODALITIES),
    ]
    header += [f"{m} {e}" for m in MODALITIES for e in EMOTIONS] + ["transcript", "caption"]
    header += [f"own {label}" for label in analysis.own_labels]
    rows = []
    for row, segment in enumerate(analysis.segments):
        cells: list[Any] = [round(segment.start, 3), round(segment.end, 3), compound_name(analysis.compound[row])]
        statement = analysis.statements[row]
        cells += [statement.state, " + ".join(name for name, _ in statement.emotions)]
        for values in (
            analysis.compound[row],
            analysis.fused[row],
            analysis.weights[row],
            *(p.probabilities[row] for p in analysis.predictions.values()),
        ):
            cells += _cells(values)
        cells += [analysis.note("text", row), analysis.note("scene_context", row)]
        rows.append([*cells, *(_cells(analysis.own[row]) if analysis.own_labels else [])])
    return table_csv(header, rows)


def timeline_csv(analysis: Analysis) -> str:
    """One row per moment: time, label and compound probabilities."""
    rows: list[list[Any]] = []
    for time, row in zip(analysis.times, analysis.timeline, strict=True):
        rows.append([round(float(time), 3), compound_name(row), *_cells(row)])
    return table_csv(["time", "label", *COMPOUNDS], rows)


def as_json(document: dict[str, Any]) -> str:
    """JSON text, as in analysis.json. Raises ValueError for a number that JSON does not know."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)


def _numbers(values: np.ndarray | None) -> list[float] | None:
    if values is None or np.isnan(values).any():
        return None
    return [round(float(value), _DIGITS) for value in values]


def _cells(values: np.ndarray) -> Sequence[float | None]:
    return _numbers(values) or [None] * len(values)


def table_csv(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """CSV text. A cell that a spreadsheet would take for a formula is led by an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(
            ["'" + cell if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell for cell in row]
        )
    return buffer.getvalue()
