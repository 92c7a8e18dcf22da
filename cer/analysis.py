"""Analysis: the one result type, for the command line, the page, the API and the harness. JSON schema 1, and two CSV
tables.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .files import write_whole
from .labels import COMPOUNDS, EMOTIONS, MODALITIES
from .media import Clip
from .modalities.base import Prediction
from .segments import Segment
from .speech import Sentence

SCHEMA = 1
_DIGITS = 5  # of a probability in files


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose face the clip shows. thumbnail: RGB uint8 [112, 112, 3], kept in memory only."""

    id: int
    seconds_visible: float
    first_seen: float  # seconds
    thumbnail: np.ndarray


@dataclass(frozen=True, slots=True)
class Model:
    """A weight file that took part."""

    modality: str
    name: str
    revision: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was seen in a clip of S segments and T moments.

    predictions: by modality. fused: float32 [S, 8]; weights: [S, 6], each modality's mean effective weight; ppa, pfsa
    and compound: [S, 7]; NaN rows where nothing is present. times: seconds [T], presentation times of the analysed
    pictures. timeline: [T, 7], the compound decision averaged over overlapping segments. boxes: [B, 5], time and face
    box (shares of width and height) of the analysed person, kept in memory only. transcript: what was understood,
    sentence by sentence. person: whose face was analysed; None when nobody's.
    """

    clip: Clip
    profile: str
    segments: Sequence[Segment]
    predictions: dict[str, Prediction]
    fused: np.ndarray
    weights: np.ndarray
    ppa: np.ndarray
    pfsa: np.ndarray
    compound: np.ndarray
    times: np.ndarray
    timeline: np.ndarray
    person: int | None
    people: Sequence[Person]
    models: Sequence[Model]
    timings: dict[str, float]
    transcript: Sequence[Sentence] = ()
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 5), np.float32))

    @property
    def overall(self) -> np.ndarray | None:
        """The compound decision for the clip: float [7], the mean over its time; None when nothing was present."""
        return _mean(self.timeline)

    @property
    def basic(self) -> np.ndarray | None:
        """The fused basic emotions of the clip: float [8], the mean over segments; None when nothing was present."""
        return _mean(self.fused)

    @property
    def label(self) -> str | None:
        """The compound expression of the clip, or None."""
        return None if self.overall is None else COMPOUNDS[int(self.overall.argmax())]

    def seen(self, modality: str, row: int | None = None) -> tuple[np.ndarray | None, str]:
        """The basic emotions [8] that a modality sees in segment `row`, or on average in the clip; else None and the
        reason.
        """
        one = self.predictions[modality]
        if row is not None:
            return (one.probabilities[row], "") if one.present[row] else (None, one.reasons[row] or "")
        if one.present.any():
            return one.probabilities[one.present].mean(0), ""
        return None, next((reason for reason in one.reasons if reason), "")

    def to_dict(self) -> dict[str, Any]:
        """The document of analysis.json. What is absent is null."""
        overall, basic = self.overall, self.basic
        return {
            "schema": SCHEMA,
            "clip": {
                "name": self.clip.name,
                "duration": round(self.clip.duration, 3),
                "fps": round(self.clip.fps, 3),
                "width": self.clip.width,
                "height": self.clip.height,
                "has_audio": self.clip.has_audio,
                "rotation": self.clip.rotation,
            },
            "profile": self.profile,
            "emotions": list(EMOTIONS),
            "compounds": list(COMPOUNDS),
            "modalities": list(MODALITIES),
            "segments": [self._segment(row) for row in range(len(self.segments))],
            "timeline": {
                "times": [round(float(time), 3) for time in self.times],
                "compound": [_numbers(row) for row in self.timeline],
                "labels": [_name(row) for row in self.timeline],
            },
            "summary": {
                "sentence": verdict(self),
                "label": self.label,
                "compound": _numbers(overall),
                "basic": _numbers(basic),
                "modalities": {name: _numbers(_mean(one.probabilities)) for name, one in self.predictions.items()},
                "weights": {
                    name: round(float(self.weights[:, column].mean()), _DIGITS)
                    for column, name in enumerate(MODALITIES)
                },
            },
            "transcript": [
                {"start": round(one.start, 3), "end": round(one.end, 3), "text": one.text} for one in self.transcript
            ],
            "person": self.person,
            "people": [
                {"id": one.id, "seconds_visible": round(one.seconds_visible, 2), "first_seen": round(one.first_seen, 3)}
                for one in self.people
            ],
            "models": [
                {"modality": m.modality, "name": m.name, "revision": m.revision, "sha256": m.sha256}
                for m in self.models
            ],
            "timings": {stage: round(seconds, 4) for stage, seconds in self.timings.items()},
        }

    def _segment(self, row: int) -> dict[str, Any]:
        segment = self.segments[row]
        return {
            "start": round(segment.start, 3),
            "end": round(segment.end, 3),
            "modalities": {
                name: {
                    "present": bool(one.present[row]),
                    "probabilities": _numbers(one.probabilities[row]),
                    "reason": one.reasons[row],
                }
                for name, one in self.predictions.items()
            },
            "fused": _numbers(self.fused[row]),
            "weights": {
                name: round(float(self.weights[row, column]), _DIGITS) for column, name in enumerate(MODALITIES)
            },
            "ppa": _numbers(self.ppa[row]),
            "pfsa": _numbers(self.pfsa[row]),
            "compound": _numbers(self.compound[row]),
            "label": _name(self.compound[row]),
            "transcript": self.note("text", row),
            "caption": self.note("scene_context", row),
        }

    def note(self, modality: str, row: int) -> str:
        """The evidence in words of a modality in a segment; "" where there is none."""
        notes = self.predictions[modality].notes
        return notes[row] if notes else ""

    def to_json(self) -> str:
        return as_json(self.to_dict())

    def segments_csv(self) -> str:
        """One row per segment: times, label, compound and fused probabilities, weights, and every modality's
        probabilities.
        """
        header = [
            "start",
            "end",
            "label",
            *COMPOUNDS,
            *(f"fused {e}" for e in EMOTIONS),
            *(f"weight {m}" for m in MODALITIES),
        ]
        header += [f"{m} {e}" for m in MODALITIES for e in EMOTIONS] + ["transcript", "caption"]
        rows = []
        for row, segment in enumerate(self.segments):
            cells: list[Any] = [round(segment.start, 3), round(segment.end, 3), _name(self.compound[row])]
            for values in (
                self.compound[row],
                self.fused[row],
                self.weights[row],
                *(p.probabilities[row] for p in self.predictions.values()),
            ):
                cells += _cells(values)
            rows.append([*cells, self.note("text", row), self.note("scene_context", row)])
        return _table(header, rows)

    def timeline_csv(self) -> str:
        """One row per moment: time, label and compound probabilities."""
        rows: list[list[Any]] = []
        for time, row in zip(self.times, self.timeline, strict=True):
            rows.append([round(float(time), 3), _name(row), *_cells(row)])
        return _table(["time", "label", *COMPOUNDS], rows)

    def save(self, folder: Path) -> None:
        """Write analysis.json, segments.csv and timeline.csv into a folder, made if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.to_json(), folder / "analysis.json")
        write_whole(self.segments_csv(), folder / "segments.csv")
        write_whole(self.timeline_csv(), folder / "timeline.csv")


def as_json(document: dict[str, Any]) -> str:
    """JSON text, as in analysis.json. Raises ValueError for a number that JSON does not know."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1)


def _mean(values: np.ndarray) -> np.ndarray | None:
    known = values[~np.isnan(values).any(1)]
    return known.mean(0) if len(known) else None


def _numbers(values: np.ndarray | None) -> list[float] | None:
    if values is None or np.isnan(values).any():
        return None
    return [round(float(value), _DIGITS) for value in values]


def _cells(values: np.ndarray) -> Sequence[float | None]:
    return _numbers(values) or [None] * len(values)


def _name(compound: np.ndarray) -> str | None:
    return None if np.isnan(compound).any() else COMPOUNDS[int(compound.argmax())]


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """CSV text. A cell that a spreadsheet would take for a formula is led by an apostrophe."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow(["'" + cell if isinstance(cell, str) and cell[:1] in "=+-@\t\r" else cell for cell in row])
    return buffer.getvalue()


def clock(seconds: float) -> str:
    """Seconds as a player shows them: 0:04, 12:30, 1:02:03."""
    whole = int(seconds)
    hours, minutes = whole // 3600, whole // 60 % 60
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


_SPOKEN = {
    "static_face": "the face",
    "dynamic_face": "the face in motion",
    "scene_label": "the label match",
    "scene_context": "the scene",
    "audio": "the voice",
    "text": "the words",
}


def verdict(analysis: Analysis) -> str:
    """One sentence a person understands: what, when it is strongest, and which modalities agree."""
    overall, basic = analysis.overall, analysis.basic
    if overall is None or basic is None:
        return "Nothing to go by: " + "; ".join(_causes(analysis)) + "."
    label = COMPOUNDS[int(overall.argmax())]
    start, end = _strongest(analysis, int(overall.argmax()))
    lead = f"Mostly {label}, strongest from {clock(start)} to {clock(end)}"
    if EMOTIONS[int(basic.argmax())] == "Neutral":
        lead = f"Mostly neutral; if anything {label}, strongest from {clock(start)} to {clock(end)}"
    top = int(basic.argmax())
    agree = [
        _SPOKEN[name]
        for name, one in analysis.predictions.items()
        if (mean := _mean(one.probabilities)) is not None and int(mean.argmax()) == top
    ]
    if len(agree) < 2:
        return f"{lead}; the modalities do not agree."
    return f"{lead}; {', '.join(agree[:-1])} and {agree[-1]} agree on {EMOTIONS[top]}."


def _strongest(analysis: Analysis, compound: int) -> tuple[float, float]:
    """The stretch of segments around the strongest one in which the compound expression stays above its mean."""
    values = np.nan_to_num(analysis.compound[:, compound])
    first = last = int(values.argmax())
    level = (values.mean() + values.max()) / 2
    while first > 0 and values[first - 1] >= level:
        first -= 1
    while last + 1 < len(values) and values[last + 1] >= level:
        last += 1
    return analysis.segments[first].start, analysis.segments[last].end


def _causes(analysis: Analysis) -> list[str]:
    """Why each modality is absent, every reason once."""
    return list(dict.fromkeys(reason for one in analysis.predictions.values() for reason in one.reasons if reason))
