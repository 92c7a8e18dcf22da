from pathlib import Path

import fsspec
import pytest

from cer.archive.sources import fetched, items_of, shard
from cer.errors import DataError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.mp4", "deep/a.MOV", "deep/notes.txt", ".hidden.mp4", ".cache/c.mp4", "sound.wav"):
        path = tmp_path / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "archive"


def test_a_folder_gives_its_clips_by_their_place_below_it(folder: Path) -> None:
    assert [item.id for item in items_of(str(folder))] == ["b.mp4", "deep/a.MOV", "sound.wav"]


def test_a_pattern_and_a_single_file(folder: Path) -> None:
    assert [item.id for item in items_of(f"{folder}/*.mp4")] == ["b.mp4"]
    assert [item.id for item in items_of(f"{folder}/**/a.*")] == ["deep/a.MOV"]
    assert [item.id for item in items_of(str(folder / "b.mp4"))] == ["b.mp4"]


def test_an_existing_folder_or_file_is_no_pattern_whatever_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "clips [2024]"
    folder.mkdir()
    for name in ("a.mp4", "[x]b*.mp4"):
        (folder / name).write_bytes(b"clip")
    assert [item.id for item in items_of(str(folder))] == ["[x]b*.mp4", "a.mp4"]
    assert [item.id for item in items_of(str(folder / "[x]b*.mp4"))] == ["[x]b*.mp4"]


def test_a_list_names_clips_beside_it_and_addresses(folder: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe("/list/remote.mp4", b"remote")
    (folder / "clips.txt").write_text("# two of them\nb.mp4\n\nb.mp4\nmemory://list/remote.mp4\n")
    items = items_of(str(folder / "clips.txt"))
    assert [item.id for item in items] == ["b.mp4", "memory://list/remote.mp4"]
    with fetched(items[1]) as path:
        assert path.read_bytes() == b"remote"
    assert not path.exists()
    with fetched(items[0]) as path:
        assert path == folder / "b.mp4"


def test_an_address_that_fsspec_knows(folder: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe({"/store/x/1.mp4": b"1", "/store/2.mkv": b"22", "/store/readme.md": b""})
    items = items_of("memory://store")
    assert [item.id for item in items] == ["2.mkv", "x/1.mp4"]
    with fetched(items[1]) as path:
        assert path.read_bytes() == b"1"
        assert path.suffix == ".mp4"


def test_a_clip_that_changes_has_another_version(folder: Path) -> None:
    before = {item.id: item.version for item in items_of(str(folder))}
    (folder / "b.mp4").write_bytes(b"longer than before")
    after = {item.id: item.version for item in items_of(str(folder))}
    assert before["b.mp4"] != after["b.mp4"]
    assert before["sound.wav"] == after["sound.wav"]


@pytest.mark.parametrize("source", ["nowhere", "nowhere/*.mp4", "gopher://nowhere", "memory://empty"])
def test_a_source_without_clips_is_one_line(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"nowhere|empty"):
        items_of(source)


def test_a_list_that_names_what_is_not_there_says_which(folder: Path) -> None:
    (folder / "clips.txt").write_text("gone.mp4\n")
    with pytest.raises(DataError, match=r"gone\.mp4"):
        items_of(str(folder / "clips.txt"))


def test_shards_are_disjoint_complete_and_stay_when_clips_are_added(folder: Path) -> None:
    for number in range(20):
        (folder / f"{number}.mp4").touch()
    items = items_of(str(folder))
    parts = [shard(items, number, 3) for number in (1, 2, 3)]
    assert sorted(item.id for part in parts for item in part) == [item.id for item in items]
    (folder / "new.mp4").touch()
    assert set(shard(items_of(str(folder)), 2, 3)) >= set(parts[1])
    with pytest.raises(DataError, match="--shard 4/3"):
        shard(items, 4, 3)
