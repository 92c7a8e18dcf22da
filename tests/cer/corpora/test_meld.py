from pathlib import Path

import pandas as pd

from cer.corpora import corpus


def test_a_missing_emotion_is_no_fault_and_an_unknown_word_is(tmp_path: Path) -> None:
    lines = [("Hi!", "joy"), ("NA", ""), ("Hm.", "bored")]
    pd.DataFrame(lines, columns=["text", "emotion"]).to_csv(tmp_path / "meld-test.csv", index=False)
    rows = corpus("meld").rows(tmp_path, "test")
    assert list(rows["text"]) == ["Hi!", "NA", "Hm."]
    assert list(rows["label"]) == ["Happiness", None, None]
    assert [fault is None for fault in rows["fault"]] == [True, True, False]
