import gzip
from pathlib import Path

import pytest

from cer.corpora import corpus

SEMEVAL = """id,text,anger,disgust,fear,joy,sadness,language,surprise
eng_1,I did not expect that!,0,,1,0,0,eng,1
eng_2,Fine.,0,,0,0,0,eng,0
deu_1,Igitt.,0,1,0,0,0,deu,0
deu_2,Hm.,,,,,,deu,
deu_3,Aha.,0,2,0,0,0,deu,0
"""


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
