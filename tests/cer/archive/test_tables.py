import json

import numpy as np

from cer.archive.sources import Item
from cer.archive.tables import TABLES, columns_in_words, failed, rows_of, table_of
from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.results.analysis import Analysis
from cer.results.document import document

ITEM = Item("demo.mp4", "/clips/demo.mp4", "3")


def test_an_analysis_is_rows_of_every_table(analysis: Analysis) -> None:
    written = json.loads(json.dumps(document(analysis)))
    tables = {name: table_of(name, [rows_of(ITEM, analysis)]).to_pylist() for name in TABLES}
    assert {name: len(rows) for name, rows in tables.items()} == {
        "clips": 1,
        "segments": len(analysis.segments),
        "timeline": len(analysis.times),
        "people": 1,
        "words": len(analysis.transcript),
        "failures": 0,
    }
    (clip,) = tables["clips"]
    assert (clip["address"], clip["version"], clip["failure"]) == (ITEM.address, ITEM.version, None)
    assert clip["sentence"] == written["summary"]["sentence"]
    assert clip["emotions"] == ["Happiness"]
    np.testing.assert_allclose(clip["basic"], written["summary"]["basic"], atol=1e-6)
    for row, segment in zip(tables["segments"], written["segments"], strict=True):
        assert (row["start"], row["transcript"]) == (segment["start"], segment["transcript"])
        np.testing.assert_allclose(row["text"], segment["modalities"]["text"]["probabilities"], atol=1e-6)
        np.testing.assert_allclose(row["weights"], [segment["weights"][name] for name in MODALITIES], atol=1e-6)
    assert {row["id"] for rows in tables.values() for row in rows} == {ITEM.id}


def test_a_clip_that_failed_has_its_reason_in_two_tables_and_nothing_else() -> None:
    rows = failed(ITEM, "no clip")
    tables = {name: table_of(name, [rows, rows]) for name in TABLES}
    assert {name: table.num_rows for name, table in tables.items() if table.num_rows} == {"clips": 2, "failures": 2}
    assert tables["clips"]["failure"].to_pylist() == tables["failures"]["reason"].to_pylist() == ["no clip"] * 2
    assert tables["clips"]["seconds"].to_pylist() == [None, None]


def test_the_card_names_every_list_of_numbers_in_its_order() -> None:
    words = columns_in_words()
    places = [words.index(", ".join(names)) for names in (COMPOUNDS, EMOTIONS, MODALITIES)]
    assert places == sorted(places)
