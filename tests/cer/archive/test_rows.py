from pathlib import Path

import datasets
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cer.archive.rows import clip_at, clips_in
from cer.archive.sources import fetched, items_of
from cer.errors import DataError

CLIPS = [{"bytes": b"first", "path": "one.mp4"}, {"bytes": b"second", "path": None}, {"bytes": None, "path": "3.mkv"}]


@pytest.fixture
def stored() -> datasets.Dataset:
    """Three videos, as `datasets` stores them: one without a name, one that is not in the table."""
    features = datasets.Features({"label": datasets.Value("string"), "video": datasets.Video()})
    return datasets.Dataset(
        pa.table(
            [pa.array(["x", "y", "z"]), pa.array(CLIPS, features.arrow_schema.field("video").type)],
            schema=features.arrow_schema,
        )
    )


def test_the_videos_of_a_parquet_file_are_clips(stored: datasets.Dataset, tmp_path: Path) -> None:
    path = str(tmp_path / "train.parquet")
    pq.write_table(stored.data.table, path, row_group_size=2)
    assert list(clips_in(path)) == [(0, ".mp4"), (1, ".mp4"), (2, ".mkv")]
    assert [clip_at(path, row) for row in (0, 1)] == [b"first", b"second"]
    with pytest.raises(DataError, match=r"row 2 of .* not there"):
        clip_at(path, 2)


def test_a_folder_that_datasets_saved_names_the_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.mp4").write_bytes(name.encode())
    clips = datasets.Dataset.from_dict({"video": [str(tmp_path / f"{name}.mp4") for name in ("one", "two")]})
    clips.cast_column("video", datasets.Video()).save_to_disk(str(tmp_path / "saved"))
    items = items_of(str(tmp_path / "saved"))
    assert [item.id for item in items] == [f"data-00000-of-00001.arrow#{row}" for row in range(2)]
    with fetched(items[1]) as path:
        assert path.read_bytes() == b"two"
        assert path.suffix == ".mp4"
    assert not path.exists()


def test_rows_at_an_address_and_in_a_list(stored: datasets.Dataset, tmp_path: Path) -> None:
    pq.write_table(stored.data.table, tmp_path / "train.parquet", row_group_size=1)
    fsspec.filesystem("memory").pipe("/rows/train.parquet", (tmp_path / "train.parquet").read_bytes())
    (tmp_path / "clips.txt").write_text("memory://rows/train.parquet\ntrain.parquet\n")
    items = items_of(str(tmp_path / "clips.txt"))
    expected = [f"{where}train.parquet#{row}" for where in ("memory://rows/", "") for row in range(3)]
    assert [item.id for item in items] == expected
    for item in (items[1], items[4]):
        with fetched(item) as path:
            assert path.read_bytes() == b"second"


def test_a_table_without_marks_goes_by_the_names_and_images_are_no_clips(tmp_path: Path) -> None:
    table = pa.table({"media": pa.array([{"bytes": b"1", "path": "a.wav"}, {"bytes": b"2", "path": "b.png"}])})
    pq.write_table(table, tmp_path / "plain.parquet")
    assert list(clips_in(str(tmp_path / "plain.parquet"))) == [(0, ".wav")]
    pq.write_table(pa.table({"label": ["x"]}), tmp_path / "labels.parquet")
    assert list(clips_in(str(tmp_path / "labels.parquet"))) == []


def test_a_damaged_table_costs_itself_alone(stored: datasets.Dataset, tmp_path: Path) -> None:
    pq.write_table(stored.data.table, tmp_path / "good.parquet")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 and nothing more")
    assert [item.id for item in items_of(str(tmp_path))] == [
        "bad.parquet",
        *(f"good.parquet#{row}" for row in range(3)),
    ]
