"""BLEMORE's layout, on empty files with its names: the reader never opens a clip."""

from pathlib import Path

import pytest

from cer.corpora import corpus
from cer.corpora.blemore import FOLDS, parse
from cer.errors import DataError

ACTORS = ("A55", "A102", "A303", "A334", "A405", "A411", "A427")


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    """Seven actors in folders of different depth, with one emotion, a blend and neutral each, and two test clips."""
    for number, actor in enumerate(ACTORS):
        folder = tmp_path / ("train" if number % 2 else f"train/part{number}/deep")
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("ang_int1_ver1", "mix_ang_hap_30_70_ver1", "mix_disg_fea_50_50_ver2", "neu_sit2_ver1"):
            (folder / f"{actor}_{name}.mov").touch()
    (tmp_path / "test").mkdir()
    for name in ("test_0001.mov", "test_0002.mov", "notes.txt"):
        (tmp_path / "test" / name).touch()
    return tmp_path


def test_a_name_is_an_actor_and_saliences() -> None:
    assert parse("A411_mix_ang_hap_30_70_ver1") == ("A411", {"Anger": 30, "Happiness": 70})
    assert parse("A102_disg_int1_ver1") == ("A102", {"Disgust": 100})
    assert parse("A303_neu_sit2_ver1") == ("A303", {"Neutral": 100})
    for name in (
        "A411_mix_ang_hap_30_60_ver1",
        "A411_mix_ang_ang_50_50_ver1",
        "A102_joy_int1_ver1",
        "B1_ang_int1_ver1",
    ):
        assert parse(name) is None


def test_all_labeled_clips_are_read_in_any_depth(layout: Path) -> None:
    rows = {row["id"]: row["label"] for row in corpus("blemore").rows(layout, None)}
    assert len(rows) == 4 * len(ACTORS)
    assert rows["A411_mix_ang_hap_30_70_ver1.mov"] == "Anger 30|Happiness 70"
    assert rows["A55_neu_sit2_ver1.mov"] == "Neutral"


def test_folds_are_disjoint_by_actor_and_together_are_everything(layout: Path) -> None:
    folds = [set(corpus("blemore").rows(layout, fold)["id"]) for fold in FOLDS]
    actors = [{name.split("_")[0] for name in names} for names in folds]
    assert sum(map(len, folds)) == len(set.union(*folds)) == 4 * len(ACTORS)
    assert sum(map(len, actors)) == len(ACTORS)
    assert all(actors)


def test_the_authors_own_folds_go_first(layout: Path) -> None:
    lines = [f"{actor}_ang_int1_ver1,{4 if actor == 'A55' else 0}" for actor in ACTORS]
    (layout / "train_metadata.csv").write_text("\n".join(["filename,fold", *lines, "A55_neu_sit2_ver1,"]) + "\n")
    assert list(corpus("blemore").rows(layout, "fold4")["id"]) == ["A55_ang_int1_ver1.mov"]


def test_test_clips_have_no_label_and_other_names_are_said(layout: Path) -> None:
    rows = list(corpus("blemore").rows(layout, "test"))
    assert [(row["id"], row["label"]) for row in rows] == [("test_0001.mov", None), ("test_0002.mov", None)]
    (layout / "holiday.mp4").touch()
    faults = [row["fault"] for row in corpus("blemore").rows(layout, None) if row["fault"]]
    assert len(faults) == 1
    assert "'holiday' is no name" in faults[0]
    with pytest.raises(DataError, match="fold0"):
        corpus("blemore").rows(layout, "fold5")
    with pytest.raises(DataError, match="no clips"):
        corpus("blemore").rows(layout / "test", "fold0")
