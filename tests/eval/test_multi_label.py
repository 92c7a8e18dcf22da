"""Several labels an item: the scores of SemEval-2025 task 11, and runs and reports of such corpora."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from cer.corpora import corpus
from cer.corpora.multilingual import LABELS
from cer.errors import DataError
from cer.labels import EMOTIONS
from eval import multi_label
from eval.cli import main
from eval.compare import compare
from eval.finished import Run
from eval.run import Request, run
from eval.thresholds import GRID, choose

SCHEMA = json.loads((Path(multi_label.__file__).parent / "results.schema.json").read_text())
CORPUS = replace(corpus("semeval2025"), thresholds=dict.fromkeys(LABELS, 0.2), language_thresholds=None)


@pytest.fixture
def semeval(tmp_path: Path) -> Path:
    """Two languages; English lacks disgust."""
    lines = [
        ("e1", "I am so happy for you!", "eng", 0, "", 0, 1, 0, 0),
        ("e2", "I hate you.", "eng", 1, "", 0, 0, 0, 0),
        ("e3", "I was scared and surprised.", "eng", 0, "", 1, 0, 0, 1),
        ("d1", "This is disgusting.", "deu", 1, 1, 0, 0, 0, 0),
        ("d2", "I am so sad.", "deu", 0, 0, 0, 0, 1, 0),
    ]
    columns = ["id", "text", "language", "anger", "disgust", "fear", "joy", "sadness", "surprise"]
    folder = tmp_path / "semeval"
    folder.mkdir()
    pd.DataFrame(lines, columns=columns).to_csv(folder / "semeval2025-dev.csv", index=False)
    return folder


def made_up(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities [N, 8], saliences [N, 6] and languages of three languages, of which "b" lacks disgust."""
    rng = np.random.default_rng(seed)
    languages = np.repeat(["a", "b", "c"], [80, 50, 20])
    truth = np.where(rng.random((150, 6)) < 0.25, 100, 0)
    truth[languages == "b", 1] = -1
    truth[languages == "c", 4] = 0  # annotated, but never occurs
    return rng.dirichlet(np.ones(8), 150), truth, languages


def test_macro_f1_is_scikit_learns_for_each_language_and_then_the_mean() -> None:
    probabilities, truth, languages = made_up()
    result = multi_label.score(probabilities, truth, languages, CORPUS)
    restricted = multi_label.restrict(probabilities, truth, CORPUS)
    predicted = multi_label.decide(restricted, languages, CORPUS)
    expected = []
    for name in "abc":
        rows = languages == name
        has = (truth[rows] >= 0).any(0)
        gold, answer = truth[rows][:, has] > 0, predicted[rows][:, has]
        expected.append(metrics.f1_score(gold, answer, average="macro", zero_division=0))
    assert result.values["macro_f1"] == pytest.approx(np.mean(expected), abs=1e-12)
    low, high = result.intervals["macro_f1"]
    assert low < result.values["macro_f1"] < high
    assert result.confusion.shape == (6, 4)
    assert result.confusion[1].sum() == 100  # disgust is annotated in two languages


def test_two_texts_by_hand() -> None:
    """Anger 0.5 and fear 0.3 of a text that is angry and sad; neutral 0.9 of a text without an emotion."""
    first, second = np.zeros(8), np.zeros(8)
    first[EMOTIONS.index("Anger")], first[EMOTIONS.index("Fear")], first[EMOTIONS.index("Neutral")] = 0.5, 0.3, 0.2
    second[EMOTIONS.index("Neutral")], second[EMOTIONS.index("Sadness")] = 0.9, 0.1
    truth = np.array([[100, -1, 0, 0, 100, 0], [0, -1, 0, 0, 0, 0]])  # no disgust on the list
    result = multi_label.score(np.stack([first, second]), truth, np.array(["x", "x"]), CORPUS)
    assert result.values["macro_f1"] == pytest.approx(1 / 5)  # anger right; fear, sadness wrong; two never occur
    assert result.values["uar"] == pytest.approx(1 / 2)  # of anger and sadness, anger is recalled
    assert result.values["war"] == 1  # anger is strongest, and so is neutral where there is no emotion
    assert result.values["ece"] == pytest.approx((0.5 + 0.1) / 2)


def test_a_language_may_have_thresholds_of_its_own() -> None:
    restricted = np.full((2, 8), 1 / 8)
    entry = replace(CORPUS, language_thresholds={"eng": dict.fromkeys(LABELS, 0.1)})
    assert multi_label.decide(restricted, np.array(["eng", "deu"]), entry).tolist() == [[100] * 6, [0] * 6]


def test_what_a_language_does_not_have_takes_no_probability() -> None:
    probabilities = np.full((1, 8), 1 / 8)
    truth = np.array([[0, -1, 0, 0, 0, 0]])
    restricted = multi_label.restrict(probabilities, truth, CORPUS)[0]
    assert restricted[EMOTIONS.index("Disgust")] == restricted[EMOTIONS.index("Other")] == 0
    assert restricted[EMOTIONS.index("Neutral")] == pytest.approx(1 / 6)


def test_a_run_has_every_language_and_follows_the_schema(semeval: Path, tmp_path: Path) -> None:
    result = run(Request("semeval2025", semeval, tmp_path / "out"), quiet=True)
    jsonschema.validate(result, SCHEMA)
    assert set(result["languages"]["text"]) == {"eng", "deu"}
    assert set(result["languages"]["text"]["eng"]["f1"]) == set(CORPUS.classes) - {"Disgust"}
    each = [entry["macro_f1"] for entry in result["languages"]["text"].values()]
    assert result["results"]["text"]["macro_f1"] == pytest.approx(np.mean(each))
    assert result["config"]["thresholds"] == corpus("semeval2025").thresholds
    table = pd.read_parquet(tmp_path / "out" / "predictions.parquet").set_index("id")
    assert table.loc["e3", "label"] == "Fear|Surprise|?Disgust"
    assert table.loc["d1", "language"] == "deu"
    assert np.sum(table.loc["e1", "text"]) == pytest.approx(1, abs=1e-5)


def test_the_mean_over_the_languages_of_the_head_is_reported_when_its_card_declares_them(
    semeval: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text.json").write_text('{"languages": ["en"]}')
    monkeypatch.setattr(multi_label, "SHIPPED", tmp_path)
    result = run(Request("semeval2025", semeval, tmp_path / "out"), quiet=True)
    jsonschema.validate(result, SCHEMA)
    trained = result["trained_languages"]["text"]
    assert trained["languages"] == ["eng"]
    assert trained["macro_f1"] == result["languages"]["text"]["eng"]["macro_f1"]
    assert main(["report", str(tmp_path / "out")]) == 0
    assert "1 trained languages" in (tmp_path / "out" / "report.md").read_text()
    (tmp_path / "text.json").write_text("{}")
    assert multi_label.trained_languages("embedded") is None


def test_the_report_has_a_line_for_each_language_and_label(semeval: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run(Request("semeval2025", semeval, out), quiet=True)
    assert main(["report", str(out)]) == 0
    table = pd.read_csv(out / "report.csv")
    each = table[table["part"] == "language"].set_index("name")["macro_f1"]
    assert each["eng"] == pytest.approx(result["languages"]["text"]["eng"]["macro_f1"], abs=1e-6)
    text = (out / "report.md").read_text()
    assert "| language | deu | text |" in text
    assert "reliability" in (out / "report.html").read_text()
    with pytest.raises(DataError, match="several labels"):
        compare(Run.read(out), Run.read(out))


def test_thresholds_are_the_best_of_each_label(
    semeval: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    run(Request("semeval2025", semeval, out), quiet=True)
    chosen = choose(Run.read(out))["text"]
    assert set(chosen) == set(CORPUS.classes)
    assert set(chosen.values()) <= set(GRID.tolist())
    assert main(["thresholds", str(out)]) == 0
    assert f'"Anger": {chosen["Anger"]:.2f}' in capsys.readouterr().out


def test_a_corpus_of_one_label_has_no_thresholds(texts: Path, tmp_path: Path) -> None:
    run(Request("meld", texts, tmp_path), quiet=True)
    with pytest.raises(DataError, match="no thresholds"):
        choose(Run.read(tmp_path))
