from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cer.perception.multilingual_encoder import WIDTH
from cer.train import multilingual
from cer.train.multilingual import LABELS, Texts, comments, embedded, language_of, semeval, subtitles
from cer.train.text_multilingual import calibrate, log_priors, train

COLUMNS = ["anger", "disgust", "fear", "joy", "sadness", "surprise"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [[f"t{n}", f"text {n}", *([n % 2, "", 0, 0, 0, 0] if n % 3 else [0, 1, 0, 0, 1, 0])] for n in range(64)]
    frame = pd.DataFrame(rows, columns=["id", "text", *COLUMNS])
    frame["language"] = ["eng" if n % 3 else "deu" for n in range(64)]
    path = tmp_path / "semeval2025-train.csv.gz"
    frame.to_csv(path, index=False)
    return path


def test_texts_for_the_thresholds_are_never_trained_on(table: Path) -> None:
    trained, unseen = semeval(table, held_out=False), semeval(table, held_out=True)
    assert set(unseen.texts) == {"text 0", "text 16", "text 32", "text 48"}
    assert set(trained.texts) & set(unseen.texts) == set()
    assert len(trained.texts) == 60


def test_a_text_without_emotions_is_neutral_and_a_missing_label_is_not_a_number(table: Path) -> None:
    texts = semeval(table)
    row = texts.texts.index("text 4")
    np.testing.assert_array_equal(texts.labels[row], [1, 0, np.nan, 0, 0, 0, 0])
    row = texts.texts.index("text 3")
    assert [LABELS[k] for k in np.flatnonzero(texts.labels[row] == 1)] == ["Disgust", "Sadness"]
    assert language_of(texts.origins[row]) == "de"


def test_lines_of_film_and_comments_have_several_labels(tmp_path: Path) -> None:
    lines = pd.DataFrame({"text": [f"line {n}" for n in range(40)], "emotions": "joy|surprise", "language": "fr"})
    lines.loc[0, "emotions"] = "trust"
    lines.to_csv(tmp_path / "xed.csv", index=False)
    texts = subtitles(tmp_path / "xed.csv")
    assert "line 0" not in texts.texts
    assert {LABELS[k] for k in np.flatnonzero(texts.labels[0])} == {"Happiness", "Surprise"}
    pd.DataFrame({"text": ["oh", "no"], "emotions": ["neutral", "anger|fear"]}).to_csv(tmp_path / "go.csv", index=False)
    several = comments(tmp_path / "go.csv")
    assert dict(zip(several.texts, several.labels.tolist(), strict=True)) == {
        "oh": [1, 0, 0, 0, 0, 0, 0],
        "no": [0, 1, 0, 1, 0, 0, 0],
    }


def test_texts_are_embedded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    def encode(texts: list[str]) -> np.ndarray:
        calls.append(len(texts))
        return np.full((len(texts), WIDTH), 0.5, np.float32)

    monkeypatch.setattr(multilingual, "encode", encode)
    monkeypatch.setattr(multilingual, "CHUNK", 4)
    texts = [f"text {n}" for n in range(6)]
    assert embedded(texts, tmp_path).shape == (6, WIDTH)
    embedded([*texts[:4], "another"], tmp_path)
    assert calls == [4, 2, 1]


def test_the_head_learns_labels_that_occur_together_and_is_free_of_their_prior() -> None:
    rng = np.random.default_rng(0)
    signs = rng.random((600, 2)) < [0.5, 0.1]
    labels = np.zeros((600, 7), np.float32)
    labels[:, 1], labels[:, 3], labels[:, 0] = signs[:, 0], signs[:, 1], ~signs.any(1)
    labels[:, 2] = np.nan
    sentences = np.hstack([signs, rng.normal(size=(600, 6)) * 0.1]).astype(np.float32)
    texts = Texts([""] * 600, labels, np.array(["semeval2025 xx"] * 600))
    shift = log_priors(texts)[0]
    assert shift[2] == 0
    assert shift[3] == pytest.approx(np.log(signs[:, 1].mean() / (1 - signs[:, 1].mean())), abs=0.05)
    import torch

    head = train(torch.from_numpy(sentences), texts, epochs=40)
    with torch.no_grad():
        both = head(torch.tensor([[1.0, 1.0, 0, 0, 0, 0, 0, 0]]))[1][0]
    assert both[1] > 0.6
    assert both[3] > 0.3
    metrics = calibrate(head, torch.from_numpy(sentences), texts)
    assert metrics["held_out_ece"] < 0.15
