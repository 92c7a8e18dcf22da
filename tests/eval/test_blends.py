"""BLEMORE: blends from probabilities, its two measures, runs, and the challenge's file."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import pytest

from cer.corpora import corpus
from cer.labels import EMOTIONS
from eval import multi_label
from eval.blends import acc_presence, acc_salience, blend, salience_is_right
from eval.cli import main
from eval.run import Request, run
from eval.submit_blemore import problems, submission
from tests.clips import DEMO

SCHEMA = json.loads((Path(multi_label.__file__).parent / "results.schema.json").read_text())
CODES = ("ang", "disg", "fea", "hap", "sad")


def probabilities(**values: float) -> np.ndarray:
    return np.array([values.get(name, 0.0) for name in EMOTIONS])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"Anger": 0.9, "Happiness": 0.1}, [("Anger", 1.0)]),
        ({"Anger": 0.4, "Happiness": 0.5}, [("Happiness", 0.5), ("Anger", 0.5)]),
        ({"Anger": 0.3, "Happiness": 0.6}, [("Happiness", 0.7), ("Anger", 0.3)]),
        ({"Neutral": 0.4, "Sadness": 0.5}, [("Sadness", 1.0)]),
        ({"Neutral": 0.6, "Sadness": 0.4}, [("Neutral", 1.0)]),
    ],
)
def test_probabilities_become_one_emotion_or_two_with_their_salience(
    values: dict[str, float], expected: list[tuple[str, float]]
) -> None:
    assert blend(probabilities(**values)) == expected


def test_both_thresholds_are_parameters() -> None:
    values = probabilities(Anger=0.35, Happiness=0.55)
    assert blend(values, presence=0.4) == [("Happiness", 1.0)]
    assert blend(values, salience=0.25) == [("Happiness", 0.5), ("Anger", 0.5)]


def test_the_measures_agree_with_their_definition_on_generated_cases() -> None:
    """Written once more from the paper's words: the same set; the same order or equality, with BLEMORE's saliences."""
    rng = np.random.default_rng(0)

    def drawn() -> dict[str, int]:
        first, second = rng.choice(CODES, 2, replace=False)
        share = int(rng.choice([30, 50, 70, 100]))
        return {first: share} if share == 100 else {first: share, second: 100 - share}

    pairs = [(drawn(), drawn()) for _ in range(2000)]
    exact = [predicted.keys() == label.keys() for predicted, label in pairs]
    ordered = []
    for predicted, label in pairs:
        if len(label) == 2:
            a, b = label
            same = predicted.keys() == label.keys()
            ordered.append(same and np.sign(predicted[a] - predicted[b]) == np.sign(label[a] - label[b]))

    def entries(emotions: Mapping[str, int]) -> list[dict[str, Any]]:
        return [{"emotion": name, "salience": float(share)} for name, share in emotions.items()]

    predictions, references = ([entries(side) for side in sides] for sides in zip(*pairs, strict=True))
    assert 0 < np.mean(ordered) < np.mean(exact)
    assert acc_presence(predictions, references) == pytest.approx(np.mean(exact), abs=1e-12)
    assert acc_salience(predictions, references) == pytest.approx(np.mean(ordered), abs=1e-12)
    with pytest.raises(ValueError, match="two emotions"):
        salience_is_right(entries({"ang": 100}), entries({"ang": 100}))


def test_scores_of_a_run_are_those_of_the_measures() -> None:
    """Four clips: a blend in the right order, one in the wrong order, a single emotion, and half of a blend."""
    entry = corpus("blemore")
    values = np.stack(
        [
            probabilities(Happiness=0.6, Anger=0.3, Sadness=0.1),
            probabilities(Happiness=0.6, Anger=0.3, Sadness=0.1),
            probabilities(Sadness=0.9, Anger=0.1),
            probabilities(Fear=0.9, Sadness=0.1),
        ]
    )
    labels: Sequence[Mapping[str, int]] = [
        {"Happiness": 70, "Anger": 30},
        {"Happiness": 30, "Anger": 70},
        {"Sadness": 100},
        {"Fear": 50, "Sadness": 50},
    ]
    truth = np.array([[label.get(name, 0) for name in entry.classes] for label in labels])
    result = multi_label.score(values, truth, np.full(4, ""), entry)
    assert result.values["acc_presence"] == 3 / 4
    assert result.values["acc_salience"] == 1 / 3
    assert result.values["war"] == 1
    assert set(result.intervals) >= {"acc_presence", "acc_salience"}


@pytest.fixture(scope="module")
def predicted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run over the bundled clip under four of BLEMORE's names, one of them broken."""
    root = tmp_path_factory.mktemp("blemore")
    for name in ("A55_hap_int1_ver1", "A102_mix_hap_sad_70_30_ver1", "A303_mix_ang_hap_50_50_ver1"):
        (root / f"{name}.mp4").write_bytes(DEMO.read_bytes())
    (root / "A334_ang_int1_ver1.mp4").write_bytes(b"nothing")
    run(Request("blemore", root, root / "out"), quiet=True)
    return root / "out"


def test_a_run_is_scored_and_reported_beside_published_results(predicted: Path) -> None:
    result = json.loads((predicted / "results.json").read_text())
    jsonschema.validate(result, SCHEMA)
    assert result["n"] == result["scored"] == 3
    assert [item["id"] for item in result["skipped"]] == ["A334_ang_int1_ver1.mp4"]
    fused = result["results"]["fused"]
    assert 0 <= fused["acc_salience"] <= 1
    assert "languages" not in result
    assert main(["report", str(predicted)]) == 0
    text = (predicted / "report.md").read_text()
    assert "| ACC presence | ACC salience |" in text
    assert "33.20 | 11.40 |" in text
    table = pd.read_csv(predicted / "report.csv")
    assert table[table["part"] == "published"]["acc_presence"].tolist() == [0.391, 0.332, 0.311]
    row = table[(table["part"] == "view") & (table["name"] == "fused")].iloc[0]
    assert row["acc_presence"] == pytest.approx(fused["acc_presence"], abs=1e-6)


def test_a_submission_has_the_clips_of_the_template_and_passes_its_check(
    predicted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    template = tmp_path / "template.json"
    clips: dict[str, list[Any]] = {"A102_mix_hap_sad_70_30_ver1.mov": [], "A55_hap_int1_ver1.mov": []}
    template.write_text(json.dumps({"predictions": clips}))
    command = ["submit", "--challenge", "blemore", "--manifest", str(template)]
    out = tmp_path / "sub" / "blemore.json"
    assert main([*command, "--run", str(predicted), "--out", str(out)]) == 0
    assert main([*command, "--check", str(out)]) == 0
    written = json.loads(out.read_text())["predictions"]
    assert list(written) == list(clips)
    assert written["A55_hap_int1_ver1.mov"][0]["emotion"] == "hap"
    assert main(["submit", "--challenge", "blemore", "--run", str(predicted), "--view", "ppa"]) == 2
    template.write_text(json.dumps({"predictions": {**clips, "test_0001.mov": []}}))
    assert main([*command, "--check", str(out)]) == 1
    assert main([*command, "--run", str(predicted)]) == 2
    assert "test_0001.mov" in capsys.readouterr().err
    assert json.loads(submission(predicted, ["test_0001.mov"], missing="neu"))["predictions"] == {
        "test_0001.mov": [{"emotion": "neu", "salience": 100.0}]
    }


def test_the_checker_says_what_is_wrong() -> None:
    def of(*entries: Any) -> str:
        return json.dumps({"predictions": {"a": [dict(zip(("emotion", "salience"), e, strict=True)) for e in entries]}})

    assert problems(of(("hap", 100)), ["a"]) == []
    assert problems(of(("hap", 30), ("sad", 70.0)), None) == []
    for content, complaint in [
        ("no json", "must be a JSON object"),
        ("[]", "must be a JSON object"),
        (of(), "has 0 emotions"),
        (of(("joy", 100)), "'joy' is no emotion"),
        (of(("hap", 50), ("hap", 50)), "two that differ"),
        (of(("hap", 50), ("neu", 50)), "never part of a blend"),
        (of(("hap", 60), ("sad", 40)), "70 and 30"),
        (of(("hap", "100")), "give 100 alone"),
        ('{"predictions": {"a": ["hap"]}}', "list of objects"),
        ('{"predictions": {"b": [{"emotion": "hap", "salience": 100}]}}', "1 clips of the template are missing"),
    ]:
        result = problems(content, ["a"])
        assert any(complaint in fault for fault in result), (content, result)
