"""Whatever text or bytes a parser of this project is given, it answers or raises the project's own error.

`make fuzz` looks longer: FUZZ is the number of examples of each.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cer.corpora import annotated, clips
from cer.errors import CerError, DataError
from cer.modalities.paper import qwen
from cer.models import hub
from cer.web import space
from eval import submit, tabular
from eval.finished import Run

EXAMPLES = int(os.environ.get("FUZZ", "60"))
slowly = settings(
    derandomize="FUZZ" not in os.environ,  # the same examples in every run of `make test`
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

KNOWN = ("image_location", "01/00001.jpg", "id", "label", "Fear", "Fearfully_Surprised", "Neutral", "-1", "0", "6")
ODD = ("nan", "1e999", "", '"', "'", ",", "\t", "..", "/", "\\", "=1+1", "<b>", "\x00", "\ufeff", "\u2028", "9" * 5000)
words = st.sampled_from([*KNOWN, *ODD, "---", ": [", "{}", "null"])
lines = st.lists(st.lists(st.one_of(words, st.text(max_size=12)), max_size=9).map(",".join), max_size=12).map("\n".join)
texts = st.one_of(lines, st.text(max_size=400)).map(lambda text: text.encode("utf-8", "surrogatepass"))
contents = st.one_of(texts, texts, st.binary(max_size=400))


def _answers(parser: Callable[[], object]) -> None:
    with suppress(CerError):
        parser()


def _written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@slowly
@given(contents)
def test_a_manifest(tmp_path: Path, content: bytes) -> None:
    _answers(lambda: submit.read_manifest(_written(tmp_path, "manifest.txt", content)))


@slowly
@given(st.text(max_size=400))
def test_a_submission(tmp_path: Path, content: str) -> None:
    manifest = submit.Manifest(["01/00001.jpg", "01/00002.jpg"], ["01", "01"], [0, 1])
    assert all(isinstance(line, str) for line in submit.problems(content, manifest))


@slowly
@given(contents, contents)
def test_predictions_and_labels(tmp_path: Path, predictions: bytes, labels: bytes) -> None:
    given_files = _written(tmp_path, "p.csv", predictions), _written(tmp_path, "l.csv", labels)
    _answers(lambda: tabular.compare_files(*given_files))


@slowly
@given(contents)
def test_labels_against_good_predictions(tmp_path: Path, labels: bytes) -> None:
    good = _written(tmp_path, "p.csv", b"id,label\na,Fear\nb,Anger\n")
    _answers(lambda: tabular.compare_files(good, _written(tmp_path, "l.csv", b"id,label\na,Fear\n" + labels)))


@slowly
@given(contents)
def test_a_parquet_file_of_predictions(tmp_path: Path, content: bytes) -> None:
    labels = _written(tmp_path, "l.csv", b"id,label\na,Fear\n")
    _answers(lambda: tabular.compare_files(_written(tmp_path, "p.parquet", content), labels))


_EIGHT = [0.125] * 8


@pytest.mark.parametrize(
    "columns",
    [
        {"id": [1, 2], "fused": [_EIGHT, _EIGHT]},
        {"id": ["a", "a"], "fused": [None, _EIGHT]},
        {"id": ["a"], "fused": [[0.5, 0.5]]},
        {"id": ["a"], "fused": ["text"]},
        {"id": ["a"], "fused": [1.0]},
        {"id": ["a"], "fused": [[float("nan")] * 8]},
        {"id": ["a"], "fused": [[-1e300] * 8]},
        {"id": [None], "fused": [_EIGHT]},
        {"id": [["a"]], "fused": [_EIGHT]},
        {"id": [], "fused": []},
        {"fused": [_EIGHT]},
        {"id": ["a"], "static_face": [_EIGHT], "audio": [None]},
        {"id": ["a"] * 3, "compound": [[1 / 7] * 7] * 3},
    ],
)
def test_a_parquet_file_of_another_shape(tmp_path: Path, columns: dict[str, list[object]]) -> None:
    labels = _written(tmp_path, "l.csv", b"id,label\na,Fear\n")
    pq.write_table(pa.table(columns), tmp_path / "odd.parquet")
    _answers(lambda: tabular.compare_files(tmp_path / "odd.parquet", labels))


def test_a_file_that_is_larger_inside_than_outside_is_not_unpacked(tmp_path: Path) -> None:
    labels = _written(tmp_path, "l.csv", b"id,label\na,Fear\n")
    rows = tabular.MAX_ROWS + 1
    pq.write_table(pa.table({"id": ["a"] * rows, "fused": pa.array([_EIGHT] * rows)}), tmp_path / "bomb.parquet")
    assert (tmp_path / "bomb.parquet").stat().st_size < 2**20
    with pytest.raises(DataError, match="the most is"):
        tabular.compare_files(tmp_path / "bomb.parquet", labels)


@slowly
@given(contents)
def test_metadata_of_a_folder_of_clips(tmp_path: Path, content: bytes) -> None:
    _written(tmp_path, "metadata.csv", content)
    _answers(lambda: clips.rows(tmp_path, None))


@slowly
@given(contents)
def test_annotations_by_frame(tmp_path: Path, content: bytes) -> None:
    path = _written(tmp_path, "video.txt", content)
    _answers(lambda: annotated.read_frames(path, ("Neutral", "Anger", "Fear")))


@slowly
@given(contents)
def test_results_of_a_run(tmp_path: Path, content: bytes) -> None:
    _written(tmp_path, "results.json", content)
    _written(tmp_path, "predictions.parquet", content)
    _answers(lambda: Run.read(tmp_path))


@slowly
@given(st.one_of(st.text(max_size=300), lines))
def test_answers_of_a_vision_language_model(result: str) -> None:
    selected = qwen.parse(result)
    if selected is not None:
        assert selected.endswith((".", "!", "?"))
        assert not set("<>{}[]`|\n\x00") & set(selected)


@slowly
@given(st.one_of(st.text(max_size=200), lines, lines.map(lambda text: f"---\n{text}\n---\n")))
def test_front_matter(readme: str) -> None:
    _answers(lambda: space.front_matter(readme))


@slowly
@given(contents)
def test_sums_of_a_model_folder(tmp_path: Path, content: bytes) -> None:
    _written(tmp_path, "SHA256SUMS", content)
    _written(tmp_path, "model.safetensors", b"x")
    _answers(lambda: list(hub.check(tmp_path)))
