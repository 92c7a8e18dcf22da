"""Runs of the harness on small corpora made here, with the shipped models."""

import io
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cer.errors import DataError, WeightsError
from cer.perception.face_detection import crop, detect
from eval import engines
from eval import run as harness
from eval.cli import main
from eval.predict import predict
from eval.run import Request, run
from tests.clips import DEMO


def test_a_run_scores_the_modality_that_fits_and_counts_what_it_skips(texts: Path, tmp_path: Path) -> None:
    result = run(Request("meld", texts, tmp_path), quiet=True)
    assert list(result["results"]) == ["text"]
    assert result["n"] == 16
    assert [item["reason"] for item in result["skipped"]] == ["empty text"] * 4
    low, high = result["intervals"]["text"]["macro_f1"]
    assert low <= result["results"]["text"]["macro_f1"] <= high
    assert np.sum(result["results"]["text"]["confusion"]) == 16
    table = pd.read_parquet(tmp_path / "predictions.parquet")
    assert table["audio"].isna().all()
    assert all(len(row) == 8 for row in table["text"])
    assert all(len(row) == 7 for row in table["ppa"])


def test_two_runs_and_a_run_that_was_killed_end_alike(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness, "PART", 3)
    whole = run(Request("meld", texts, tmp_path / "whole"), quiet=True)
    real, calls = predict, []

    def dying(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(engines, "predict", dying)
    with pytest.raises(KeyboardInterrupt):
        run(Request("meld", texts, tmp_path / "broken"), quiet=True)
    resumed = run(Request("meld", texts, tmp_path / "broken"), quiet=True)
    assert len(calls) == 8 + 20 - 7  # what was predicted before the kill is not predicted again
    assert json.dumps(resumed) == json.dumps(whole)


def test_a_folder_that_holds_another_run_is_not_overwritten(texts: Path, tmp_path: Path) -> None:
    run(Request("meld", texts, tmp_path, limit=5), quiet=True)
    with pytest.raises(DataError, match="another run"):
        run(Request("meld", texts, tmp_path, limit=9), quiet=True)


def test_predictions_of_other_weights_are_not_gone_on_with(texts: Path, tmp_path: Path) -> None:
    run(Request("meld", texts, tmp_path, limit=5), quiet=True)
    file = tmp_path / "config.json"
    before = json.loads(file.read_text())
    name = next(name for name in before["models"] if name.startswith("text: "))
    before["models"][name] = ["0" * 64]
    file.write_text(json.dumps(before))
    with pytest.raises(DataError, match=re.escape(f"holds predictions of other models ({name})")):
        run(Request("meld", texts, tmp_path, limit=5), quiet=True)


def test_a_run_that_does_not_say_whose_predictions_it_holds_is_not_gone_on_with(texts: Path, tmp_path: Path) -> None:
    run(Request("meld", texts, tmp_path, limit=5), quiet=True)
    file = tmp_path / "config.json"
    noted = json.loads(file.read_text())
    assert noted.pop("models")
    file.write_text(json.dumps(noted))
    with pytest.raises(DataError, match="does not say whose predictions it holds"):
        run(Request("meld", texts, tmp_path, limit=5), quiet=True)
    shutil.rmtree(tmp_path / "parts")  # it was stopped before it had predicted anything
    run(Request("meld", texts, tmp_path, limit=5), quiet=True)


def test_models_that_came_after_the_predictions_do_not_stop_a_run(
    texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*arguments: object) -> object:
        raise WeightsError("no network")

    with monkeypatch.context() as patch:
        patch.setattr(engines, "predict", offline)
        with pytest.raises(WeightsError):
            run(Request("meld", texts, tmp_path, limit=5), quiet=True)
    assert not list((tmp_path / "parts").iterdir())
    first = run(Request("meld", texts, tmp_path, limit=5), quiet=True)
    models = harness._models("embedded")
    monkeypatch.setattr(harness, "_models", lambda profile: {**models, "audio: fetched for another corpus": ["1" * 64]})
    assert run(Request("meld", texts, tmp_path, limit=5), quiet=True)["results"] == first["results"]


def test_faces_with_compound_labels_are_scored_by_ppa_pfsa_and_the_label_matcher(
    tmp_path: Path, portrait: np.ndarray
) -> None:
    def encoded(image: np.ndarray) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "JPEG")
        return buffer.getvalue()

    face = encoded(crop(portrait, detect(portrait)[0]))
    rows = [
        {"image": {"bytes": data, "path": f"{number:04}_aligned.jpg"}, "label": label}
        for number, label, data in [
            (1, "happily surprised", face),
            (2, "happily surprised", face),
            (3, "happily disgusted", face),
            (5, "sadly angry", b"no picture"),
            (7, "happily surprised", face),
        ]
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "rafce.parquet")
    result = run(Request("rafce", tmp_path, tmp_path / "out"), quiet=True)
    assert result["n"] == 2  # odd numbers, of our seven, readable
    assert {item["id"] for item in result["skipped"]} == {"0005_aligned"}
    assert set(result["results"]) == {"static_face", "scene_label", "ppa", "pfsa", "compound"}
    assert result["results"]["ppa"]["war"] == result["results"]["scene_label"]["war"] == 1


def test_labelled_clips_are_scored_by_every_view(tmp_path: Path) -> None:
    corpus = tmp_path / "clips"
    corpus.mkdir()
    (corpus / "happy.mp4").write_bytes(DEMO.read_bytes())
    (corpus / "broken.mp4").write_bytes(b"nothing")
    listed = "file_name,label\nhappy.mp4,happy\nbroken.mp4,sad\n"
    (corpus / "metadata.csv").write_text(listed)
    result = run(Request("clips", corpus, tmp_path / "out"), quiet=True)
    assert result["n"] == 1
    assert "broken.mp4" in result["skipped"][0]["reason"]
    assert result["results"]["fused"]["war"] == 1
    (corpus / "metadata.csv").write_text("file_name,label\n../secret.mp4,happy\n")
    with pytest.raises(DataError, match="outside"):
        run(Request("clips", corpus, tmp_path / "other"), quiet=True)


def test_the_command_prints_the_table_and_refuses_what_is_no_corpus(
    texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--corpus", "meld", "--root", str(texts), "--out", str(tmp_path / "a"), "--quiet"]) == 0
    assert "macro_f1" in capsys.readouterr().out
    assert main(["run", "--corpus", "iemocap", "--root", str(texts), "--out", str(tmp_path / "b")]) == 2
    assert main(["run", "--corpus", "ravdess", "--root", str(tmp_path), "--out", str(tmp_path / "c")]) == 2
    assert "no corpus" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("corpus", "name", "content", "split"),
    [
        ("meld", "meld-test.csv", "text,emotion\n", None),
        ("captions", "captions.csv", "segment,model,prompt,caption,label\n", None),
        ("captions", "captions.csv", "segment,model,prompt,caption,label\na,7B,1,A man smiles.,Happy\n", "dev:32B:2"),
        ("semeval2025", "semeval.csv", "id,text,anger,disgust,fear,joy,sadness,surprise,language\n", None),
    ],
)
def test_a_corpus_without_items_or_a_split_that_matches_none_is_one_line(
    corpus: str, name: str, content: str, split: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text(content)
    command = ["run", "--corpus", corpus, "--root", str(tmp_path / name), "--out", str(tmp_path / "out"), "--quiet"]
    assert main([*command, *(["--split", split] if split else [])]) == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1
    assert "no items" in error[0]
