"""Corpora whose items have any number of emotions, on small files in their layouts."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from cer.corpora import corpus
from cer.corpora.goemotions import comments
from cer.corpora.multilingual import Selection
from cer.corpora.several import UNANNOTATED, label_columns_of, label_of, names_of, saliences_of
from cer.corpora.xed import split_of
from cer.errors import DataError

SEMEVAL = """id,text,anger,disgust,fear,joy,sadness,language,surprise
eng_1,I did not expect that!,0,,1,0,0,eng,1
eng_2,Fine.,0,,0,0,0,eng,0
deu_1,Igitt.,0,1,0,0,0,deu,0
deu_2,Hm.,,,,,,deu,
deu_3,Aha.,0,2,0,0,0,deu,0
"""


def test_a_label_keeps_saliences_and_what_nobody_annotated() -> None:
    classes = ("Anger", "Disgust", "Happiness")
    for shares in ([100, 0, 100], [30, 0, 70], [0, 0, 0], [100, UNANNOTATED, 0]):
        present = {name: share for name, share in zip(classes, shares, strict=True) if share > 0}
        missing = [name for name, share in zip(classes, shares, strict=True) if share == UNANNOTATED]
        assert saliences_of(label_of(present, missing), classes) == shares
    assert label_of({"Anger": 30, "Happiness": 70}) == "Anger 30|Happiness 70"
    assert label_of({}, ["Disgust"]) == "Neutral|?Disgust"
    assert names_of("Anger 30|Happiness 70|?Disgust") == ["Anger", "Happiness"]
    assert names_of("Neutral|?Disgust") == ["Neutral"]


def test_a_corpus_words_become_a_label_or_a_fault() -> None:
    assert label_columns_of(["joy", "surprise"]) == {"label": "Happiness|Surprise", "fault": None}
    assert label_columns_of([])["label"] == "Neutral"
    assert "'bored'" in str(label_columns_of(["joy", "bored"])["fault"])


def test_comments_with_several_emotions_are_kept_apart_from_the_corpus(tmp_path: Path) -> None:
    lines = [("a", "joy"), ("b", "neutral|surprise"), ("c", "anger")]
    pd.DataFrame(lines, columns=["text", "emotions"]).to_csv(tmp_path / "goemotions-test.csv", index=False)
    rows = corpus("goemotions").rows(tmp_path, "test")
    assert (list(rows["id"]), list(rows["label"])) == (["000000", "000001"], ["Happiness", "Anger"])
    assert list(comments(tmp_path, "test")["label"]) == ["Happiness", "Neutral|Surprise", "Anger"]


@pytest.mark.parametrize("name", ["semeval2025-dev.csv", "semeval2025-dev.csv.gz"])
def test_semeval_labels_are_read_and_missing_columns_of_a_language_stay_unannotated(name: str, tmp_path: Path) -> None:
    with (gzip.open if name.endswith("gz") else open)(tmp_path / name, "wt", encoding="utf-8") as file:
        file.write(SEMEVAL)
    rows = {row["id"]: row for row in corpus("semeval2025").rows(tmp_path, "dev")}
    labels = {name: row["label"] for name, row in rows.items()}
    assert labels["eng_1"] == "Fear|Surprise|?Disgust"
    assert labels["eng_2"] == "Neutral|?Disgust"
    assert labels["deu_1"] == "Disgust"
    assert labels["deu_2"] is None
    assert "'2' is neither 0 nor 1" in rows["deu_3"]["fault"]
    german = corpus("semeval2025").rows(tmp_path, "dev:deu")
    assert list(german["id"]) == ["deu_1", "deu_2", "deu_3"]
    assert list(corpus("semeval2025").rows(tmp_path, "dev::2")["id"]) == ["eng_1", "deu_1", "deu_3"]
    assert len(corpus("semeval2025").rows(tmp_path, "dev:fra")) == 0


def test_a_file_of_one_language_needs_neither_its_name_nor_every_emotion(tmp_path: Path) -> None:
    (tmp_path / "dev.csv").write_text("id,text,joy,fear\na,Hurra!,1,0\n")
    (row,) = corpus("semeval2025").rows(tmp_path, "dev")
    assert row["label"] == "Happiness|?Anger|?Disgust|?Sadness|?Surprise"
    assert row["language"] == ""


def test_a_split_names_languages_and_a_sample_or_is_refused() -> None:
    assert Selection.of("dev:eng+deu") == Selection("dev", frozenset({"eng", "deu"}), 1)
    for text in ("", "dev:eng:0", "dev:eng:x", "dev:eng:2:3"):
        with pytest.raises(DataError, match="--split"):
            Selection.of(text)


def test_xed_leaves_out_lines_of_other_emotions_and_a_text_is_in_one_split_only(tmp_path: Path) -> None:
    texts = [f"Line {number}." for number in range(60)]
    emotions = ["joy|surprise", "neutral", "trust|anticipation", "trust|anger", "bored"]
    lines = [(text, emotions[number % 5], "en") for number, text in enumerate(texts)]
    pd.DataFrame(lines, columns=["text", "emotions", "language"]).to_csv(tmp_path / "xed.csv", index=False)
    rows = list(corpus("xed").rows(tmp_path, "all"))
    labels = {row["text"]: row["label"] for row in rows}
    assert labels["Line 0."] == "Happiness|Surprise"
    assert labels["Line 1."] == "Neutral"
    assert "Line 2." not in labels
    assert labels["Line 3."] == "Anger"
    assert {row["fault"] is None for row in rows if row["label"] is None} == {False}
    test = [row["text"] for row in corpus("xed").rows(tmp_path, None)]
    train = [row["text"] for row in corpus("xed").rows(tmp_path, "train")]
    assert sorted(test + train) == sorted(labels)
    assert {split_of(text) for text in test} == {"test"}
    with pytest.raises(DataError, match="xed has"):
        corpus("xed").rows(tmp_path, "validation")
