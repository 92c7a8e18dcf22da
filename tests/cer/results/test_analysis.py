import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.results.analysis import Analysis
from cer.results.document import document as results_document
from cer.results.document import segments_csv, to_json
from cer.results.export import write_files
from cer.results.wording import clock

ROOT = Path(__file__).parents[3]


def test_the_document_has_the_form_of_schema_2(analysis: Analysis) -> None:
    document = json.loads(to_json(analysis))
    assert document["schema"] == 2
    assert set(document["clip"]) == {"name", "duration", "fps", "width", "height", "has_audio", "rotation", "sha256"}
    assert (document["emotions"], document["compounds"]) == (list(EMOTIONS), list(COMPOUNDS))
    segment = document["segments"][0]
    assert set(segment["modalities"]) == set(segment["weights"]) == set(MODALITIES)
    lengths = {name: len(segment[name]) for name in ("fused", "ppa", "pfsa", "compound")}
    assert lengths == {"fused": 8, "ppa": 7, "pfsa": 7, "compound": 7}
    assert (
        len(document["timeline"]["times"])
        == len(document["timeline"]["compound"])
        == len(document["timeline"]["labels"])
    )
    assert len(document["summary"]["compound"]) == 7
    assert all(len(model["sha256"]) == 64 for model in document["models"])
    assert sum(segment["weights"].values()) == pytest.approx(1, abs=1e-4)


def test_the_document_follows_its_json_schema_and_holds_every_key_of_schema_1(analysis: Analysis) -> None:
    document = json.loads(to_json(analysis))
    jsonschema.validate(document, json.loads((ROOT / "docs" / "analysis.schema.json").read_text()))
    first = json.loads(to_json(analysis, schema=1))
    assert first["schema"] == 1
    assert first.keys() < document.keys()
    for part in ("summary", "clip"):
        assert all(document[part][key] == value for key, value in first[part].items())
    assert all(
        segment[key] == value
        for before, segment in zip(first["segments"], document["segments"], strict=True)
        for key, value in before.items()
    )


def test_labels_are_the_largest_entries(analysis: Analysis) -> None:
    for segment in results_document(analysis)["segments"]:
        assert segment["label"] == COMPOUNDS[int(np.argmax(segment["compound"]))]


def test_the_tables_repeat_the_document(analysis: Analysis, tmp_path: Path) -> None:
    write_files(analysis, tmp_path)
    document = json.loads((tmp_path / "analysis.json").read_text())
    segments = list(csv.DictReader(io.StringIO((tmp_path / "segments.csv").read_text())))
    moments = list(csv.DictReader(io.StringIO((tmp_path / "timeline.csv").read_text())))
    assert [row["label"] for row in segments] == [segment["label"] for segment in document["segments"]]
    assert [float(row["audio Anger"]) for row in segments] == [
        segment["modalities"]["audio"]["probabilities"][1] for segment in document["segments"]
    ]
    assert [float(row["time"]) for row in moments] == document["timeline"]["times"]


def test_a_cell_cannot_become_a_formula(analysis: Analysis) -> None:
    text = replace(analysis.predictions["text"], notes=('=HYPERLINK("http://evil")',) * len(analysis.segments))
    spoiled = replace(analysis, predictions={**analysis.predictions, "text": text})
    row = next(csv.DictReader(io.StringIO(segments_csv(spoiled))))
    assert row["transcript"].startswith("'=")


def test_clock_times() -> None:
    assert [clock(4), clock(754.9), clock(3723)] == ["0:04", "12:34", "1:02:03"]
