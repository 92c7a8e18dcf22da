"""The gated corpora's layouts, on copies made here."""

import shutil
from pathlib import Path

import pytest

from cer.corpora import CORPORA, corpus
from cer.corpora.annotated import person_of, read_frames
from cer.errors import DataError
from tests.corpora import AFFWILD2_HEADER


def test_afew_labels_come_from_the_folders(afew: Path) -> None:
    rows = corpus("afew").rows(afew, "val")
    assert {row["id"]: row["label"] for row in rows} == {"Angry/001.avi": "Anger", "Happy/000.avi": "Happiness"}
    with pytest.raises(DataError, match="Train_AFEW"):
        corpus("afew").rows(afew, "train")


def test_affwild2_finds_the_video_and_the_side_of_each_annotation(affwild2: Path) -> None:
    rows = {row["id"]: row for row in corpus("affwild2").rows(affwild2, "val")}
    assert set(rows) == {"7-30-1920x1080_left", "7-30-1920x1080_right", "12", "gone"}
    left = rows["7-30-1920x1080_left"]
    assert left["person"] == "left"
    assert Path(left["video"]).name == "7-30-1920x1080.mp4"
    assert left["frames"] == [0, 0, 4, -1, 4]
    assert rows["12"]["person"] == ""


def test_a_video_whose_own_name_ends_with_a_side_is_not_split() -> None:
    paths = {"turn_left": Path("turn_left.mp4"), "turn": Path("turn.mp4")}
    assert person_of("turn_left", paths) == ("turn_left", "")
    assert person_of("turn_right", paths) == ("turn", "right")
    assert person_of("gone_right", paths) == ("gone_right", "")


def test_classes_are_read_by_name_and_others_count_as_invalid(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Sadly_Angry,Other,happily surprised\n0\n1\n2\n-1\n")
    assert read_frames(path, corpus("c-expr-db").classes, ignored=["Other"]) == [6, -1, 1, -1]


@pytest.mark.parametrize(
    ("content", "complaint"), [("Joy,Fear\n0\n", "first line"), ("Fear\n1\n", "line 2"), ("", "first")]
)
def test_a_faulty_annotation_is_named_with_its_line(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(content)
    with pytest.raises(DataError, match=complaint):
        read_frames(path, CORPORA["affwild2"].classes)


def test_videos_of_one_name_are_refused(c_expr_db: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "01.mp4").write_bytes(b"")
    with pytest.raises(DataError, match="two videos are called 01"):
        corpus("c-expr-db").rows(tmp_path, None)
    assert [row["id"] for row in corpus("c-expr-db").rows(c_expr_db, None)] == ["01", "02"]


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


def test_an_extra_folder_in_afew_costs_its_own_clips_only(afew: Path, tmp_path: Path) -> None:
    shutil.copytree(afew, tmp_path / "afew")
    (tmp_path / "afew" / "Val_AFEW" / "backup").mkdir()
    for name in ("1.avi", "._1.avi"):
        (tmp_path / "afew" / "Val_AFEW" / "backup" / name).write_bytes(b"x")
    rows = {row["id"]: row for row in corpus("afew").rows(tmp_path / "afew", "val")}
    assert set(rows) == {"Angry/001.avi", "Happy/000.avi", "backup/1.avi"}
    assert "'backup'" in rows["backup/1.avi"]["fault"]
    assert rows["Happy/000.avi"]["fault"] is None
