"""AFEW's layout, on a copy made here."""

import shutil
from pathlib import Path

import pytest

from cer.corpora import corpus
from cer.errors import DataError


def test_afew_labels_come_from_the_folders(afew: Path) -> None:
    rows = corpus("afew").rows(afew, "val")
    assert {row["id"]: row["label"] for row in rows} == {"Angry/001.avi": "Anger", "Happy/000.avi": "Happiness"}
    with pytest.raises(DataError, match="Train_AFEW"):
        corpus("afew").rows(afew, "train")


def test_an_extra_folder_in_afew_costs_its_own_clips_only(afew: Path, tmp_path: Path) -> None:
    shutil.copytree(afew, tmp_path / "afew")
    (tmp_path / "afew" / "Val_AFEW" / "backup").mkdir()
    for name in ("1.avi", "._1.avi"):
        (tmp_path / "afew" / "Val_AFEW" / "backup" / name).write_bytes(b"x")
    rows = {row["id"]: row for row in corpus("afew").rows(tmp_path / "afew", "val")}
    assert set(rows) == {"Angry/001.avi", "Happy/000.avi", "backup/1.avi"}
    assert "'backup'" in rows["backup/1.avi"]["fault"]
    assert rows["Happy/000.avi"]["fault"] is None
