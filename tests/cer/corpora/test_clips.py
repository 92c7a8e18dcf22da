from pathlib import Path

import pytest

from cer.corpora import corpus
from cer.errors import DataError


def clip(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")  # clips are opened when they are analyzed, not when they are listed
    return path


def metadata(folder: Path, lines: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metadata.csv").write_text(f"file_name,label\n{lines}", "utf-8")


def test_metadata_names_clips_and_their_labels(tmp_path: Path) -> None:
    metadata(tmp_path, "a.mp4,angry\nsub/b.mp4, joy \nc.mp4,\nd.mp4,puzzled\n")
    rows = {row["id"]: row for row in corpus("clips").rows(tmp_path, None)}
    assert rows["a.mp4"]["label"] == "Anger"
    assert (rows["sub/b.mp4"]["label"], rows["sub/b.mp4"]["video"]) == ("Happiness", str(tmp_path / "sub/b.mp4"))
    assert (rows["c.mp4"]["label"], rows["c.mp4"]["fault"]) == (None, None)  # analyzed, not scored
    assert rows["d.mp4"]["label"] is None
    assert "puzzled" in rows["d.mp4"]["fault"]


def test_without_metadata_the_folders_names_are_the_labels(tmp_path: Path) -> None:
    clip(tmp_path / "train/happy/a.mp4")
    clip(tmp_path / "test/sad/b.webm")
    (tmp_path / "test/sad/notes.txt").write_text("no clip", "utf-8")
    assert {row["id"]: row["label"] for row in corpus("clips").rows(tmp_path, "test")} == {"sad/b.webm": "Sadness"}
    assert len(corpus("clips").rows(tmp_path, None)) == 2


def test_a_clip_with_two_labels_is_named(tmp_path: Path) -> None:
    metadata(tmp_path, "a.mp4,happy\na.mp4,sad\n")
    with pytest.raises(DataError, match=r"a\.mp4 has two labels, 'happy' and 'sad'"):
        corpus("clips").rows(tmp_path, None)


def test_a_clip_outside_of_the_folder_is_refused(tmp_path: Path) -> None:
    metadata(tmp_path / "inside", "../secret.mp4,happy\n")
    with pytest.raises(DataError, match="lies outside the folder"):
        corpus("clips").rows(tmp_path / "inside", None)


def test_a_folder_without_labels_says_what_is_expected(tmp_path: Path) -> None:
    clip(tmp_path / "a.mp4")
    with pytest.raises(DataError, match=r"no metadata\.csv with the columns file_name and label"):
        corpus("clips").rows(tmp_path, None)
