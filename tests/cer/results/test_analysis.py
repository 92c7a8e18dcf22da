import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.results.analysis import Analysis
from cer.results.document import document as results_document
from cer.results.document import segments_csv, to_json
from cer.results.export import write_files
from cer.results.wording import clock


def test_the_document_has_the_form_of_schema_2(analysis: Analysis) -> None:
    document = json.loads(to_json(analysis))
    assert document["schema"] == 2
    assert set(document["clip"]) == {"name", "duration", "fps", "width", "height", "has_audio", "rotation"}
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
