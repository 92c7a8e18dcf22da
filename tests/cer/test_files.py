from pathlib import Path

import pytest

from cer.files import write_whole


def test_text_and_bytes_arrive_whole_and_replace_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_whole("ä = 1\n", path)
    assert path.read_bytes() == "ä = 1\n".encode()
    write_whole(b"\x00\xff", path)
    assert path.read_bytes() == b"\x00\xff"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_take_its_place_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "by a file").touch()
    with pytest.raises(OSError, match="taken"):
        write_whole("text", tmp_path / "taken")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
