"""Aff-Wild2's layout, on a copy made here."""

from pathlib import Path

import pytest

from cer.corpora import corpus
from cer.errors import DataError
from tests.corpora import AFFWILD2_HEADER


def test_affwild2_finds_the_video_and_the_side_of_each_annotation(affwild2: Path) -> None:
    rows = {row["id"]: row for row in corpus("affwild2").rows(affwild2, "val")}
    assert set(rows) == {"7-30-1920x1080_left", "7-30-1920x1080_right", "12", "gone"}
    left = rows["7-30-1920x1080_left"]
    assert left["person"] == "left"
    assert Path(left["video"]).name == "7-30-1920x1080.mp4"
    assert left["frames"] == [0, 0, 4, -1, 4]
    assert rows["12"]["person"] == ""


def test_what_a_mac_leaves_beside_files_and_neighboring_tracks_do_not_stop_aff_wild2(tmp_path: Path) -> None:
    for track in ("EXPR_Recognition_Challenge", "VA_Estimation_Challenge", "AU_Detection_Challenge"):
        (tmp_path / track / "Validation_Set").mkdir(parents=True)
    (tmp_path / "EXPR_Recognition_Challenge" / "Validation_Set" / "1.txt").write_text(f"{AFFWILD2_HEADER}\n4\n")
    (tmp_path / "EXPR_Recognition_Challenge" / "Validation_Set" / "._1.txt").write_bytes(b"\x00\x05\x16\x07")
    (tmp_path / "VA_Estimation_Challenge" / "Validation_Set" / "1.txt").write_text("valence,arousal\n0.1,0.2\n")
    (tmp_path / "AU_Detection_Challenge" / "Validation_Set" / "1.txt").write_text("AU1,AU2\n0,1\n")
    for name in ("1.mp4", "._1.mp4"):
        (tmp_path / name).write_bytes(b"x")
    (row,) = corpus("affwild2").rows(tmp_path, "val")
    assert (row["id"], row["frames"], Path(row["video"]).name) == ("1", [4], "1.mp4")


def test_one_annotation_in_two_folders_counts_once_and_two_that_contradict_are_named(tmp_path: Path) -> None:
    for number, label in enumerate((4, 4)):
        (tmp_path / str(number) / "Validation_Set").mkdir(parents=True)
        (tmp_path / str(number) / "Validation_Set" / "1.txt").write_text(f"{AFFWILD2_HEADER}\n{label}\n")
    assert len(corpus("affwild2").rows(tmp_path, "val")) == 1
    (tmp_path / "1" / "Validation_Set" / "1.txt").write_text(f"{AFFWILD2_HEADER}\n5\n")
    with pytest.raises(DataError, match="give different labels for 1"):
        corpus("affwild2").rows(tmp_path, "val")
