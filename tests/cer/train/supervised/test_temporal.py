import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cer.corpora import corpus
from cer.errors import DataError
from cer.results.analysis import Analysis
from cer.train.supervised import temporal
from cer.train.supervised.temporal import FEATURES, Watched, features_of, folds, main, predict, train
from tests.clips import DEMO


def clips(count: int, classes: int = 3) -> list[Watched]:
    """Made clips of 2 to 6 segments whose class shows in one column of a part of the segments."""
    rng = np.random.default_rng(0)
    made = []
    for number in range(count):
        features = rng.standard_normal((2 + number % 5, FEATURES)).astype(np.float32) * 0.2
        features[0, 10 * (number % classes) : 10 * (number % classes) + 10] += 3
        made.append(Watched(features, number % classes, f"person {number // classes}"))
    return made


def test_both_encoders_learn_and_padding_changes_nothing() -> None:
    sequences = clips(30)
    encoders = train(sequences, 3)
    values = predict(encoders, sequences)
    np.testing.assert_allclose(values.sum(2), 1, atol=1e-5)
    assert (values.argmax(2) == [each.label for each in sequences]).mean() > 0.9
    alone = np.concatenate([predict(encoders, [each]) for each in sequences[:5]], 1)
    np.testing.assert_allclose(values[:, :5], alone, atol=1e-4)


def test_no_person_is_on_both_sides_of_a_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    seen_in: list[set[str]] = []

    def spy(sequences: list[Watched], classes: int, seed: int = 0) -> list[str]:
        seen_in.append({each.group for each in sequences})
        return []

    left: list[set[str]] = []

    def answer(encoders: list[str], sequences: list[Watched]) -> np.ndarray:
        left.append({each.group for each in sequences})
        return np.full((2, len(sequences), 3), 1 / 3, np.float32)

    monkeypatch.setattr(temporal, "train", spy)
    monkeypatch.setattr(temporal, "predict", answer)
    folds(clips(30), 3)
    assert len(left) == 5
    assert all(not trained & kept_out for trained, kept_out in zip(seen_in, left, strict=True))


def test_features_are_zero_where_a_modality_is_absent(analysis: Analysis) -> None:
    features = features_of(analysis)
    assert features.shape == (len(analysis.segments), FEATURES)
    assert not np.isnan(features).any()
    assert np.abs(features[:, :256]).max() > 0.1


def test_a_folder_of_labeled_clips_gives_scores_and_encoders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporal, "STEPS", 5)
    names = [f"{number}.mp4" for number in range(4)]
    for name in names:
        (tmp_path / name).write_bytes(DEMO.read_bytes())
    pd.DataFrame({"file_name": names, "label": ["happy", "sad"] * 2}).to_csv(tmp_path / "metadata.csv", index=False)
    out = tmp_path / "out"
    monkeypatch.setattr("sys.argv", ["temporal", "--corpus", "clips", "--root", str(tmp_path), "--out", str(out)])
    main()
    scores = json.loads((out / "temporal.json").read_text())
    assert scores["clips"] == 4
    assert 0 <= scores["ensemble"]["macro_f1"] <= 1
    assert {path.name for path in out.glob("*.pt")} == {"temporal-transformer.pt", "temporal-recurrent.pt"}


def test_a_corpus_of_texts_is_refused() -> None:
    with pytest.raises(DataError, match="meld"):
        temporal.read(corpus("meld"), Path("nowhere"), None)
