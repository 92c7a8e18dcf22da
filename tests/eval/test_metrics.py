import runpy
from pathlib import Path
from typing import Any

import evaluate
import numpy as np
import pytest
from sklearn import metrics

FOLDER = Path(__file__).parents[2] / "eval" / "metrics"
NAMES = sorted(path.name for path in FOLDER.iterdir() if (path / "README.md").exists())


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    cache = str(tmp_path_factory.mktemp("evaluate"))
    return {name: evaluate.load(str(FOLDER / name), cache_dir=cache) for name in NAMES}


def test_the_seven_metrics_are_there() -> None:
    assert NAMES == ["abaw_ce", "acc_presence", "acc_salience", "ece", "macro_f1", "uar", "war"]


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_gives_what_its_cases_say(loaded: dict[str, Any], name: str) -> None:
    cases = runpy.run_path(str(FOLDER / name / "tests.py"))["TEST_CASES"]
    for case in cases:
        assert loaded[name].compute(**case["given"]) == pytest.approx(case["result"], abs=1e-12)


@pytest.mark.parametrize("occurring", [7, 3, 1])
def test_loaded_metrics_agree_with_scikit_learn(loaded: dict[str, Any], occurring: int) -> None:
    rng = np.random.default_rng(occurring)
    truth, predicted = rng.integers(0, occurring, 300), rng.integers(0, 7, 300)
    value = {"predictions": predicted, "references": truth}
    expected = metrics.f1_score(truth, predicted, labels=range(7), average="macro", zero_division=0)
    assert loaded["macro_f1"].compute(**value, classes=7)["macro_f1"] == pytest.approx(expected, abs=1e-12)
    assert loaded["abaw_ce"].compute(**value)["abaw_ce"] == pytest.approx(expected, abs=1e-12)
    recall = metrics.recall_score(truth, predicted, labels=np.unique(truth), average="macro")
    assert loaded["uar"].compute(**value, classes=7)["uar"] == pytest.approx(recall, abs=1e-12)
    assert loaded["war"].compute(**value, classes=7)["war"] == pytest.approx((truth == predicted).mean(), abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_without_items_a_metric_is_zero_or_absent(loaded: dict[str, Any], name: str) -> None:
    arguments = {"classes": 7} if name in ("macro_f1", "uar", "war") else {}
    assert loaded[name].compute(predictions=[], references=[], **arguments) in ({name: 0.0}, None)
