from pathlib import Path

import pandas as pd
import pytest

from cer.corpora import corpus
from cer.corpora.xed import split_of
from cer.errors import DataError


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
