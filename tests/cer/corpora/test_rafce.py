from pathlib import Path

import pandas as pd
import pytest

from cer import labels
from cer.corpora import corpus
from cer.corpora.rafce import EXPRESSIONS, PAIRS, expression_index, faces, number, units
from cer.errors import DataError
from cer.labels import COMPOUNDS, EMOTIONS
from tests.cer.corpora.images import image

LABELS = ["Sadly Angry", "Fearfully surprised", "happily_disgusted", "Sadly Fearful"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    images = [image(path=f"{number:04}_aligned.jpg") for number in (1, 2, 3, 4)]
    table = pd.DataFrame({"image": images, "label": LABELS, "action_units": ["1+4", "L10+B22", "null", "null"]})
    table.to_parquet(tmp_path / "rafce-train.parquet")
    return tmp_path / "rafce-train.parquet"


def test_the_harness_scores_odd_numbers_with_one_of_the_seven_labels(file: Path) -> None:
    rows = corpus("rafce").rows(file.parent, "odd")
    assert list(rows["id"]) == ["0001_aligned"]
    assert list(rows["label"]) == ["Sadly Angry"]
    assert list(corpus("rafce").rows(file, "all")["label"]) == ["Sadly Angry", "Fearfully Surprised", "Sadly Fearful"]


@pytest.mark.parametrize("split", ["Odd", "tset", "test"])
def test_a_split_that_there_is_not_is_refused(split: str, file: Path) -> None:
    with pytest.raises(DataError, match="rafce has odd, even, all"):
        corpus("rafce").rows(file, split)


def test_faces_of_every_class_have_their_action_units(file: Path) -> None:
    table = faces(file, "odd")
    assert list(table["label"]) == ["Sadly Angry", None]
    assert list(table["action_units"]) == ["1+4", "null"]
    assert list(faces(file, "even")["id"]) == ["0002_aligned", "0004_aligned"]


def test_sides_and_halves_of_an_action_unit_are_one_unit() -> None:
    assert units("L10+B22+R10+25") == frozenset({10, 22, 25})
    assert units("null") is None
    assert (number("0004_aligned"), number("face")) == (4, 0)


def test_every_label_names_two_emotions_that_the_crowd_votes_for(file: Path) -> None:
    assert len(set(PAIRS)) == len(EXPRESSIONS) == 14
    pair = PAIRS[expression_index("angrily_disgusted")]
    assert {EMOTIONS[emotion] for emotion in pair} == {"Anger", "Disgust"}
    assert EXPRESSIONS[:7] == COMPOUNDS
    assert PAIRS[:7] == labels.PAIRS
    with pytest.raises(ValueError, match="Glad"):
        expression_index("Glad")
