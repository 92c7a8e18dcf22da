"""Ablations and reports of made-up predictions: no model is asked."""

import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from cer.corpora import corpus
from cer.errors import DataError
from cer.fusion.compound import ppa
from cer.fusion.decision import decision
from cer.fusion.mhpf import subsets
from cer.labels import MODALITIES
from eval.ablation import Predictions, decide, product, weighted
from eval.cli import main
from eval.compare import compare
from eval.finished import Run
from eval.report import lines, write
from eval.results import results
from eval.tables import SIMILARITIES, table_of
from eval.tables import write as write_table


def made_up(folder: Path, *, items: int = 60, seed: int = 0, skill: float = 0.5, name: str = "clips") -> Path:
    """A run whose modalities are right more or less often; some are absent here and there."""
    rng = np.random.default_rng(seed)
    entry = corpus(name)
    rows = []
    for item in range(items):
        truth = item % 7
        for start in (0.0, 2.0):
            row: dict[str, Any] = {
                "id": f"clip{item:04}",
                "start": start,
                "end": start + 4,
                "label": entry.classes[truth],
            }
            for column, modality in enumerate(MODALITIES):
                if rng.random() < 0.2 and column:
                    continue
                row[modality] = rng.dirichlet(np.ones(8))
                if rng.random() < skill / (column + 1):
                    row[modality] = 0.5 * row[modality] + 0.5 * np.eye(8)[truth]
                row[SIMILARITIES[modality]] = rng.dirichlet(np.ones(7))
            rows.append(row)
    predictions = Predictions.of(table_of(_lists(rows)))
    views = decide(predictions, predictions.present, decision().fusion)
    for index, row in enumerate(rows):
        row |= {view: values[index] for view, values in views.items()}
    table = table_of(_lists(rows))
    folder.mkdir(parents=True, exist_ok=True)
    write_table(table, folder / "predictions.parquet")
    config = {"corpus": name, "version": 1, "split": None, "profile": "embedded", "limit": None}
    (folder / "results.json").write_text(json.dumps(results(entry, table, None, config, [])))
    return folder


def _lists(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in row.items()} for row in rows]


def test_all_subsets_by_the_shipped_fusion_and_the_whole_set_is_what_was_predicted(tmp_path: Path) -> None:
    run = Run.read(made_up(tmp_path))
    table = list(lines(run))
    by_part = pd.Series([item.part for item in table]).value_counts()
    assert by_part["subset"] == 63
    assert by_part["leave one out"] == 6
    assert by_part["fusion rule"] == 4
    whole = next(item for item in table if item.part == "subset" and item.name == " + ".join(MODALITIES))
    predicted = run.result["results"]["fused"]
    assert whole.scores.values == pytest.approx({name: predicted[name] for name in whole.scores.values})
    assert 0.2 < predicted["macro_f1"] < 0.9
    alone = next(item for item in table if item.part == "subset" and item.name == "audio")
    # One source has a temperature near 1, which a mean over segments feels a little.
    assert alone.scores.values["macro_f1"] == pytest.approx(run.result["results"]["audio"]["macro_f1"], abs=0.02)
    assert len(list(subsets([0, 2, 5]))) == 7


def test_a_corpus_of_compound_labels_gets_ppa_pfsa_and_both_and_never_chooses_weights_on_itself(tmp_path: Path) -> None:
    run = Run.read(made_up(tmp_path / "compound", name="rafce"))
    table = list(lines(run))
    assert {item.view for item in table if item.part == "subset"} == {"ppa", "pfsa", "compound"}
    assert {item.name for item in table if item.part == "fusion rule"} == {"MHPF", "mean", "product"}
    basic = Run.read(made_up(tmp_path / "basic"))
    assert "Dirichlet" in {line.name for line in lines(run, basic) if line.part == "fusion rule"}
    with pytest.raises(DataError, match="compound labels"):
        list(lines(basic, run))


def test_pfsa_of_a_subset_is_the_mean_by_effective_weight() -> None:
    rows: list[dict[str, Any]] = [{"id": "a", "start": 0.0, "end": 4.0, "label": "Fear"}]
    rng = np.random.default_rng(1)
    for name in ("static_face", "audio"):
        rows[0][name] = rng.dirichlet(np.ones(8)).tolist()
        rows[0][SIMILARITIES[name]] = rng.dirichlet(np.ones(7)).tolist()
    values = Predictions.of(table_of(rows))
    fusion = decision().fusion
    result = decide(values, values.present, fusion)
    weight = fusion.weights(values.present).mean(2)[0]
    a, b = weight[MODALITIES.index("static_face")], weight[MODALITIES.index("audio")]
    expected = (a * np.array(rows[0]["pfsa_static_face"]) + b * np.array(rows[0]["pfsa_audio"])) / (a + b)
    assert result["pfsa"][0] == pytest.approx(expected, abs=1e-6)
    assert result["ppa"] == pytest.approx(ppa(result["fused"]))


def test_product_and_weighted_fusion_by_hand() -> None:
    a, b = np.array([0.5, 0.3, 0.2, 0, 0, 0, 0, 0]), np.array([0.2, 0.6, 0.2, 0, 0, 0, 0, 0])
    rows = [{"id": "a", "label": "Fear", "static_face": a.tolist(), "text": b.tolist()}, {"id": "b", "label": "Fear"}]
    values = Predictions.of(table_of(rows))
    multiplied = a * b / (a * b).sum()
    assert product(values)[0] == pytest.approx(multiplied, abs=1e-5)
    weights = np.full((6, 8), 0.1)
    weights[0] = 0.3
    assert weighted(values, weights)[0] == pytest.approx(0.75 * a + 0.25 * b, abs=1e-6)
    assert np.isnan(product(values)[1]).all()
    assert np.isnan(weighted(values, weights)[1]).all()


def test_the_report_is_written_in_four_forms_that_agree(tmp_path: Path) -> None:
    made_up(tmp_path / "run")
    assert main(["report", str(tmp_path / "run"), "--out", str(tmp_path / "out")]) == 0
    table = pd.read_csv(tmp_path / "out" / "report.csv")
    fused = table[(table["part"] == "view") & (table["name"] == "fused")].iloc[0]
    stored = json.loads((tmp_path / "run" / "results.json").read_text())
    assert fused["macro_f1"] == pytest.approx(stored["results"]["fused"]["macro_f1"], abs=1e-6)
    assert f"{100 * fused['macro_f1']:.2f} [" in (tmp_path / "out" / "report.md").read_text()
    page = (tmp_path / "out" / "report.html").read_text()
    assert page.count("<svg") == 1 + 2 * 7 + 1
    assert "http" not in page.replace("http://www.w3.org", "").replace("https://www.w3.org", "").replace(
        "http://purl.org", ""
    ).replace("http://creativecommons.org", "")
    index = yaml.safe_load((tmp_path / "out" / "model-index.yml").read_text())["model-index"]
    value = index[0]["results"][0]["metrics"][0]["value"]
    assert value == pytest.approx(100 * stored["results"]["fused"]["macro_f1"], abs=0.01)


def test_published_results_stand_beside_ours_with_their_source(tmp_path: Path) -> None:
    made_up(tmp_path / "run", name="afew")
    write([tmp_path / "run"], tmp_path / "out")
    text = (tmp_path / "out" / "report.md").read_text()
    assert "| published | Team RAS, 9th ABAW (arXiv 2507.02205;" in text
    assert "49.02" in text


def test_a_better_run_is_told_from_chance_and_other_items_are_refused(tmp_path: Path) -> None:
    weak, strong = made_up(tmp_path / "a", skill=0.1), made_up(tmp_path / "b", skill=0.7, seed=1)
    result = {item.view: item for item in compare(Run.read(weak), Run.read(strong))}
    assert result["fused"].interval[0] > 0
    assert result["fused"].reversed_share < 0.025
    same = {item.view: item for item in compare(Run.read(weak), Run.read(weak))}
    assert same["fused"].interval == (0, 0)
    assert main(["compare", str(weak), str(strong)]) == 0
    other = made_up(tmp_path / "c", items=30)
    assert main(["compare", str(weak), str(other)]) == 2


def test_a_folder_without_a_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "no finished run" in capsys.readouterr().err


def test_63_subsets_of_2000_items_take_seconds_and_little_memory(tmp_path: Path) -> None:
    run = Run.read(made_up(tmp_path, items=2000))
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    table = list(lines(run))
    assert sum(item.part == "subset" for item in table) == 63
    assert len(run.targets.truth) == 2000
    assert time.process_time() - started < 60  # about 6 s; the bound only catches another order of growth
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000  # kB
