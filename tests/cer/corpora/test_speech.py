from pathlib import Path

import pandas as pd
import pytest

from cer.corpora import corpus

SOUND = {"bytes": b"fLaC", "path": "a.flac"}  # encoded sounds are passed on as they are


@pytest.mark.parametrize(
    ("name", "file", "column"),
    [("ravdess", "ravdess-actors01-20", "actor"), ("emogator", "emogator", "speaker"), ("nemo", "nemo", "speaker")],
)
def test_every_corpus_of_voices_says_who_speaks(tmp_path: Path, name: str, file: str, column: str) -> None:
    table = pd.DataFrame({"audio": [SOUND] * 2, "label": ["calm", "joy"], column: [3, 7], "seconds": [1.0, 2.0]})
    table.to_parquet(tmp_path / f"{file}.parquet")
    rows = corpus(name).rows(tmp_path, None)
    assert list(rows["label"]) == ["Neutral", "Happiness"]
    assert list(rows["speaker"]) == [3, 7]
    assert set(rows.column_names) == {"id", "label", "fault", "audio", "speaker"}


def test_a_file_of_voices_needs_no_speakers(tmp_path: Path) -> None:
    pd.DataFrame({"audio": [SOUND], "label": ["fear"]}).to_parquet(tmp_path / "voices.parquet")
    (row,) = corpus("speech").rows(tmp_path, "voices")
    assert (row["label"], row["audio"]) == ("Fear", SOUND)
