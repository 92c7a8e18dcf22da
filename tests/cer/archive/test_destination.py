from pathlib import Path

import fsspec
import pytest

from cer.archive.destination import MADE_BY, Destination
from cer.archive.sources import Item
from cer.archive.tables import TABLES, Rows, failed
from cer.errors import DataError

FIRST, SECOND = Item("a.mp4", "/clips/a.mp4", "1"), Item("b.mp4", "/clips/b.mp4", "7")


def analyzed(item: Item, words: str) -> Rows:
    """A clip of which somebody spoke, and nothing else is known."""
    rows = failed(item, "")
    return {
        **rows,
        "clips": [{**rows["clips"][0], "failure": None}],
        "words": [{"id": item.id, "start": 0.0, "end": 1.0, "text": words}],
        "failures": [],
    }


@pytest.fixture(params=["folder", "address"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "out") if request.param == "folder" else f"memory://{tmp_path.name}/out"


def test_a_part_counts_from_its_last_file_on(place: str) -> None:
    out = Destination(place)
    out.write("0.parquet", [analyzed(FIRST, "yes"), failed(SECOND, "no clip")])
    assert out.finished() == {"a.mp4": ("1", "0.parquet", False), "b.mp4": ("7", "0.parquet", True)}
    assert out.parts("timeline") == []  # without rows there is no file
    out.write("1.parquet", [analyzed(SECOND, "half")])
    out.system.rm_file(f"{out.root}/clips/1.parquet")  # as if it had been killed before its last file
    assert Destination(place).parts("words") == ["0.parquet", "1.parquet"]
    out.sweep()
    assert {table: out.parts(table) for table in TABLES if out.parts(table)} == {
        "clips": ["0.parquet"],
        "words": ["0.parquet"],
        "failures": ["0.parquet"],
    }


def test_clips_are_forgotten_one_by_one(place: str) -> None:
    out = Destination(place)
    out.write("0.parquet", [analyzed(FIRST, "yes"), analyzed(SECOND, "no")])
    out.forget({"a.mp4": "0.parquet"})
    assert list(out.finished()) == ["b.mp4"]
    assert out._read("words", "0.parquet").to_pylist() == [{"id": "b.mp4", "start": 0.0, "end": 1.0, "text": "no"}]
    out.forget({"b.mp4": "0.parquet"})
    assert out.parts() == []


def test_tables_of_other_models_are_not_mixed(place: str) -> None:
    out = Destination(place)
    out.made_by({"face": "1" * 64})
    assert fsspec.core.url_to_fs(place)[0].exists(f"{out.root}/{MADE_BY}")
    Destination(place).made_by({"face": "1" * 64})
    with pytest.raises(DataError, match=r"face differs.*--out"):
        Destination(place).made_by({"face": "2" * 64})


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for address in (str(tmp_path / "file" / "out"), "nowhere://out"):
        with pytest.raises(DataError, match="cannot be written"):
            Destination(address)
