from pathlib import Path

import pytest

from cer.corpora import CORPORA, corpus
from cer.corpora.annotated import person_of, read_frames
from cer.errors import DataError


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
