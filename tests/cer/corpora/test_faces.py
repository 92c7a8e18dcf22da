from pathlib import Path

import pandas as pd
import pytest

from cer.corpora import corpus
from cer.corpora.faces import person_name
from cer.errors import DataError
from tests.cer.corpora.images import image


def test_a_word_that_is_no_emotion_is_the_fault_of_its_image_alone(tmp_path: Path) -> None:
    images = [image(path=f"P_000{number}.jpg") for number in range(3)]
    pd.DataFrame({"image": images, "label": ["happy", "bored", "contempt"]}).to_parquet(tmp_path / "press.parquet")
    rows = corpus("faces").rows(tmp_path, None)
    assert list(rows["label"]) == ["Happiness", None, "Other"]
    assert "'bored'" in rows["fault"][1]
    assert [image["path"] for image in rows["image"]] == ["P_0000.jpg", "P_0001.jpg", "P_0002.jpg"]


def test_a_split_is_the_file_of_its_name_and_no_other(tmp_path: Path) -> None:
    for name, label in (("train", "anger"), ("web", "fear")):
        pd.DataFrame({"image": [image()], "label": [label]}).to_parquet(tmp_path / f"{name}.parquet")
    assert list(corpus("faces").rows(tmp_path, "web")["label"]) == ["Fear"]
    with pytest.raises(DataError, match=r"one of test\.parquet"):
        corpus("faces").rows(tmp_path, "test")


def test_files_are_named_after_people() -> None:
    assert person_name("Al_Gore_0002.jpg") == "Al_Gore"
    assert person_name("facial-expressions_2868588k.jpg") == "facial-expressions_2868588k"
