from pathlib import Path

import pandas as pd

from cer.corpora import corpus
from cer.corpora.goemotions import comments


def test_comments_with_several_emotions_are_kept_apart_from_the_corpus(tmp_path: Path) -> None:
    lines = [("a", "joy"), ("b", "neutral|surprise"), ("c", "anger")]
    pd.DataFrame(lines, columns=["text", "emotions"]).to_csv(tmp_path / "goemotions-test.csv", index=False)
    rows = corpus("goemotions").rows(tmp_path, "test")
    assert (list(rows["id"]), list(rows["label"])) == (["000000", "000001"], ["Happiness", "Anger"])
    assert list(comments(tmp_path, "test")["label"]) == ["Happiness", "Neutral|Surprise", "Anger"]
