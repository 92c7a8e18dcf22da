"""What a resumed run trusts: the media's bytes, and nothing else."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from cer.errors import DataError
from eval.predict import NO_FACE
from eval.run import Request, run
from tests.clips import DEMO


def encoded(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG")
    return buffer.getvalue()


def meld(folder: Path, lines: list[tuple[str, str]]) -> Path:
    folder.mkdir(exist_ok=True)
    pd.DataFrame(lines, columns=["text", "emotion"]).to_csv(folder / "meld-test.csv", index=False)
    return folder


def test_another_root_under_the_same_out_is_predicted_and_not_taken_for_the_first(tmp_path: Path) -> None:
    first = meld(tmp_path / "a", [("I am so happy for you!", "joy"), ("I hate this.", "anger")])
    other = meld(tmp_path / "b", [("This is disgusting.", "disgust"), ("I hate this.", "anger")])
    run(Request("meld", first, tmp_path / "out"), quiet=True)
    run(Request("meld", other, tmp_path / "out"), quiet=True)
    run(Request("meld", other, tmp_path / "fresh"), quiet=True)
    mixed, fresh = (pd.read_parquet(tmp_path / name / "predictions.parquet") for name in ("out", "fresh"))
    np.testing.assert_array_equal(np.stack(mixed["text"]), np.stack(fresh["text"]))


def test_labels_that_were_corrected_count_at_once(tmp_path: Path) -> None:
    lines = [("I am so happy for you!", "joy"), ("I hate you.", "anger")]
    before = run(Request("meld", meld(tmp_path / "a", lines), tmp_path / "out"), quiet=True)
    wrong = meld(tmp_path / "a", [(text, "sadness") for text, _ in lines])
    after = run(Request("meld", wrong, tmp_path / "out"), quiet=True)
    assert before["results"]["text"]["war"] == 1
    assert after["results"]["text"]["war"] == 0


def test_a_clip_that_was_missing_is_predicted_when_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("file_name,label\nhere.mp4,happy\nlater.mp4,happy\n")
    (tmp_path / "here.mp4").write_bytes(DEMO.read_bytes())
    assert len(run(Request("clips", tmp_path, tmp_path / "out"), quiet=True)["skipped"]) == 1
    (tmp_path / "later.mp4").write_bytes(DEMO.read_bytes())
    result = run(Request("clips", tmp_path, tmp_path / "out"), quiet=True)
    assert result["skipped"] == []
    assert result["n"] == 2


def test_a_part_that_was_deleted_is_predicted_again(texts: Path, tmp_path: Path) -> None:
    whole = run(Request("meld", texts, tmp_path / "out"), quiet=True)
    for part in (tmp_path / "out" / "parts").glob("*.parquet"):
        part.unlink()
    assert json.dumps(run(Request("meld", texts, tmp_path / "out"), quiet=True)) == json.dumps(whole)


def test_a_misspelled_label_is_named_and_costs_its_item_only(tmp_path: Path) -> None:
    root = meld(tmp_path / "a", [("I am so happy for you!", "joy"), ("Fine.", "hapy"), ("Leave me.", "")])
    result = run(Request("meld", root, tmp_path / "out"), quiet=True)
    assert [item["id"] for item in result["skipped"]] == ["000001"]
    assert "'hapy'" in result["skipped"][0]["reason"]
    assert (result["n"], result["scored"]) == (3 - 1, 1)  # the line without a label is predicted


def test_a_run_that_skips_most_items_ends_with_an_error(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("file_name,label\na.mp4,happy\nb.mp4,sad\n")
    with pytest.raises(DataError, match="2 of 2 items were skipped"):
        run(Request("clips", tmp_path, tmp_path / "out"), quiet=True)
    assert (tmp_path / "out" / "results.json").exists()


def test_a_file_with_two_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("file_name,label\na.mp4,happy\na.mp4,sad\n")
    with pytest.raises(DataError, match="two labels"):
        run(Request("clips", tmp_path, tmp_path / "out"), quiet=True)


def test_folders_named_after_emotions_are_a_corpus(tmp_path: Path) -> None:
    for name in ("train/happy/a.mp4", "train/happy/._a.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(DEMO.read_bytes())
    result = run(Request("clips", tmp_path, tmp_path / "out"), quiet=True)
    assert (result["n"], result["results"]["fused"]["war"]) == (1, 1)


def test_ids_and_text_are_read_as_they_are_written(tmp_path: Path) -> None:
    (tmp_path / "meld-test.csv").write_text("text;emotion\nNA;neutral\nnull;neutral\n001;neutral\n")
    result = run(Request("meld", tmp_path, tmp_path / "out"), quiet=True)
    assert (result["n"], result["skipped"]) == (3, [])


def test_any_pictures_with_faces_are_scored_and_those_without_counted(tmp_path: Path, portrait: np.ndarray) -> None:
    blank = np.full((80, 80, 3), 90, np.uint8)
    rows = [
        {"image": {"bytes": encoded(portrait), "path": "a.jpg"}, "label": "happiness"},
        {"image": {"bytes": encoded(blank), "path": "b.jpg"}, "label": "sadness"},
        {"image": None, "label": "sadness"},
    ]
    pd.DataFrame(rows).to_parquet(tmp_path / "mine.parquet")
    result = run(Request("faces", tmp_path / "mine.parquet", tmp_path / "out"), quiet=True)
    assert result["classes"] == ["Happiness", "Sadness"]
    assert result["notes"] == {NO_FACE: 1}
    assert [item["id"] for item in result["skipped"]] == ["000002"]


def test_a_fault_of_a_model_ends_the_run(texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cer.modalities import text

    def broken(texts: list[str]) -> None:
        raise ValueError("shapes do not fit")

    monkeypatch.setattr(text, "classify", broken)
    with pytest.raises(ValueError, match="shapes"):
        run(Request("meld", texts, tmp_path / "out"), quiet=True)
