import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cer.cli import main as cer
from cer.corpora.rafce import EXPRESSIONS, VOTES
from cer.files import sha256_of
from cer.labels import COMPOUNDS, EMOTIONS
from cer.perception.compound_head import HEAD, LADDER, compound_logits
from cer.perception.face_encoder import as_input
from cer.pipeline import NOT_ZERO_SHOT, analyze
from cer.train.supervised.temporal import save_folds
from eval.cli import main
from eval.finished import Run
from eval.ladder import crowd_votes, rungs, supervised_logits, write_ladder
from eval.results import values_of
from eval.run import Request
from eval.rungs import Method
from eval.temporal import Encoder, Fold
from tests.cer.corpora.images import image
from tests.clips import DEMO, still, write_clip


@pytest.fixture(scope="module")
def rafce(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten plain faces of each of the fourteen, odd and even numbers in turn; the crowd votes as the label says."""
    rows = []
    for number in range(1, 141):
        label = EXPRESSIONS[(number // 2) % 14]
        first, second = label.split()
        words = {"Happily": "Happiness", "Sadly": "Sadness", "Fearfully": "Fear", "Angrily": "Anger"}
        words |= {"Disgustedly": "Disgust", "Surprised": "Surprise", "Disgusted": "Disgust", "Angry": "Anger"}
        words |= {"Sad": "Sadness", "Fearful": "Fear"}
        votes = [6 if name in (words[first], words[second]) else 0 for name in VOTES]
        cell = image(level=(13 * number) % 256, path=f"{number:04}_aligned.jpg")
        rows.append({"image": cell, "label": label.lower(), "action_units": "null", "basic_votes": votes})
    path = tmp_path_factory.mktemp("rafce") / "rafce-train.parquet"
    pd.DataFrame(rows).to_parquet(path)
    return path


@pytest.fixture(scope="module")
def climbed(rafce: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ladder")
    assert main(["ladder", "--corpus", "rafce", "--root", str(rafce), "--out", str(out), "--quiet"]) == 0
    return out


def test_the_ladder_has_every_method_and_the_crowd_on_top(climbed: Path) -> None:
    document = json.loads((climbed / "ladder.json").read_text())
    rungs = {rung["name"]: rung for rung in document["rungs"]}
    assert {"PPA", "PFSA", "PPA + PFSA", "mean rule", "label matcher", "LEAF", "ensemble of three"} <= rungs.keys()
    assert len(rungs["curriculum"]["seeds"]) == 5
    assert rungs["PPA + PFSA"]["gain"] == 0
    assert rungs["oracle: the crowd's votes through PPA"]["macro_f1"] == 1
    for rung in rungs.values():
        low, high = rung["interval"]
        assert low - 1e-9 <= rung["macro_f1"] <= high + 0.1
    assert document["few_shot"]["counts"][:4] == [1, 5, 20, 50]
    text = (climbed / "ladder.md").read_text()
    assert "| LEAF | compound labels |" in text
    assert "labels a class" in text
    assert (climbed / "ladder.svg").stat().st_size > 1000
    assert (climbed / "few_shot.svg").stat().st_size > 1000


def test_gains_are_paired_by_hand(climbed: Path) -> None:
    run = Run.read(climbed / "embedded")
    truth = np.zeros((len(run.table), len(COMPOUNDS)), np.float32)
    labels = [COMPOUNDS.index(label) for label in run.table["label"].to_pylist()]
    truth[np.arange(len(labels)), labels] = 1
    zero = values_of(run.corpus, run.table, "compound")
    right, same = rungs(run, [Method("right", "", [truth]), Method("same", "", [zero, zero])], "compound")
    assert right.macro_f1 == 1
    assert right.gain == pytest.approx(1 - same.macro_f1)
    assert right.p == 0
    assert same.gain == 0
    assert same.gain_interval == (0, 0)
    assert same.p == 1


def test_the_supervised_profile_answers_as_the_distilled_network_does(rafce: Path, tmp_path: Path) -> None:
    command = ["run", "--corpus", "rafce", "--root", str(rafce), "--profile", "supervised", "--out", str(tmp_path)]
    assert main([*command, "--quiet"]) == 0
    run = Run.read(tmp_path)
    items = run.corpus.rows(rafce, "odd")
    logits = supervised_logits(items)["compounds"].mean(0)
    expected = dict(zip(items["id"], logits.argmax(1), strict=True))
    predicted = values_of(run.corpus, run.table, "compound").argmax(1)
    assert [expected[name] for name in run.table["id"].to_pylist()] == predicted.tolist()


def test_what_the_crowd_voted_is_read_in_the_order_of_its_columns(rafce: Path) -> None:
    from cer.corpora import corpus

    items = corpus("rafce").rows(rafce, "odd")
    named = [COMPOUNDS[row] for row in crowd_votes(items).argmax(1)]
    assert named == list(items["label"])


def test_a_corpus_of_basic_emotions_has_a_ladder_without_compound_labels(tmp_path: Path) -> None:
    for name, level in (("happy", 60), ("sad", 120)):
        (tmp_path / "clips" / name).mkdir(parents=True)
        picture = np.full((80, 120, 3), level, np.uint8)
        write_clip(tmp_path / "clips" / name / "1.mp4", still([0.0, 0.5, 1.0], picture))
        (tmp_path / "clips" / name / "2.mp4").write_bytes(DEMO.read_bytes())
    out = tmp_path / "out"
    assert main(["ladder", "--corpus", "clips", "--root", str(tmp_path / "clips"), "--out", str(out), "--quiet"]) == 0
    document = json.loads((out / "ladder.json").read_text())
    names = {rung["name"] for rung in document["rungs"]}
    assert {"MHPF", "static_face", "mean rule"} <= names
    assert not {rung["learned"] for rung in document["rungs"]} & {"compound labels"}


def test_every_head_sees_a_face_and_its_mirror_image_alike(portrait: np.ndarray) -> None:
    head = as_input(portrait[40:200, 150:310])[None]
    for file in (HEAD, LADDER):
        straight, mirrored = compound_logits(head, file), compound_logits(head[:, :, ::-1], file)
        for name, logits in straight.items():
            assert logits.shape == (5, 1, 7)
            np.testing.assert_allclose(logits, mirrored[name], atol=1e-3)


def test_the_supervised_profile_changes_the_forced_choice_only(tmp_path: Path) -> None:
    supervised, zero_shot = analyze(DEMO, profile="supervised"), analyze(DEMO)
    np.testing.assert_allclose(supervised.fused, zero_shot.fused, atol=1e-6)
    np.testing.assert_allclose(supervised.ppa, zero_shot.ppa, atol=1e-6)
    assert supervised.statement == zero_shot.statement
    assert NOT_ZERO_SHOT in supervised.warnings
    assert NOT_ZERO_SHOT not in zero_shot.warnings
    assert not np.allclose(supervised.compound, zero_shot.compound, atol=1e-3)
    np.testing.assert_allclose(supervised.compound.sum(1), 1, atol=1e-5)
    assert any(model.name.startswith("CER supervised") for model in supervised.models)
    assert cer(["analyze", "demo", "--profile", "supervised", "--out", str(tmp_path), "--quiet"]) == 0


def test_without_scikit_learn_the_ladder_says_what_it_did_not_measure(
    rafce: Path, climbed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.read(climbed / "embedded")
    standing = rungs(run, [Method("PPA", "basic emotions", [values_of(run.corpus, run.table, "ppa")])], "compound")
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    text, paths = write_ladder(standing, Request("rafce", rafce, tmp_path))
    assert "not measured, sklearn" in text
    assert "few_shot.svg" not in {path.name for path in paths}


def test_temporal_encoders_stand_on_the_ladder_of_clips_they_have_not_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, out = tmp_path / "clips", tmp_path / "out"
    root.mkdir()
    shutil.copy(DEMO, root / "talk.mp4")
    pd.DataFrame({"file_name": ["talk.mp4"], "label": ["happy"]}).to_csv(root / "metadata.csv", index=False)
    encoders = [Encoder(len(EMOTIONS), recurrent=recurrent).eval() for recurrent in (False, True)]
    save_folds([Fold(encoders, frozenset())], EMOTIONS, tmp_path / "unseen")
    save_folds([Fold(encoders, frozenset([sha256_of(DEMO)]))], EMOTIONS, tmp_path / "seen")
    command = ["ladder", "--corpus", "clips", "--root", str(root), "--out", str(out), "--quiet", "--temporal"]
    assert main([*command, str(tmp_path / "unseen")]) == 0
    names = [rung["name"] for rung in json.loads((out / "ladder.json").read_text())["rungs"]]
    assert names[-3:] == ["temporal, transformer", "temporal, recurrent", "temporal ensemble"]
    assert main([*command, str(tmp_path / "seen")]) == 2
    assert "was trained on" in capsys.readouterr().err
