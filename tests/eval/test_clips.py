"""Right and wrong, clip by clip."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cer.errors import ClipError, DataError
from eval.cli import main
from eval.clips import STRIP_FRAMES, STRIP_HEIGHT, clip_rows, frame_strip, sources, tally
from eval.finished import Run
from eval.run import Request, run
from tests.clips import DEMO


@pytest.fixture(scope="module")
def predicted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled clip, in which a person is happy, with its label and with a wrong one."""
    root = tmp_path_factory.mktemp("clips")
    for name in ("<right>.mp4", "wrong.mp4", "unlabeled.mp4"):
        (root / name).write_bytes(DEMO.read_bytes())
    (root / "metadata.csv").write_text("file_name,label\n<right>.mp4,happy\nwrong.mp4,disgust\nunlabeled.mp4,\n")
    run(Request("clips", root, root / "out"), quiet=True)
    return root / "out"


def test_each_labeled_clip_has_a_line_with_every_source(predicted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clips", str(predicted)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["clip", "label", "fused"]
    right, wrong = (next(line for line in lines if line.startswith(name)) for name in ("<right>", "wrong"))
    assert "Happiness ok Happiness" in " ".join(right.split())
    assert "Disgust NO Happiness" in " ".join(wrong.split())
    assert not any(line.startswith("unlabeled") for line in lines)
    assert next(line for line in lines if line.startswith("right")).split()[3:6] == ["1", "of", "2"]


def test_sources_that_are_one_witness_share_a_column_and_say_their_mean(predicted: Path) -> None:
    read = Run.read(predicted)
    row = clip_rows(read)[0]
    assert list(row.statements) == ["fused", *sources("embedded")]
    assert sorted(name for members in sources("embedded").values() for name in members) == sorted(
        ["static_face", "dynamic_face", "scene_label", "scene_context", "audio", "text"]
    )
    source, members = next(iter(sources("embedded").items()))
    table = pd.read_parquet(predicted / "predictions.parquet")
    rows = table[table["id"] == row.name]
    expected = np.mean([np.stack(rows[name].dropna().to_list()).mean(0) for name in members], axis=0)
    statement = row.statements[source]
    assert statement is not None
    assert statement.probabilities == pytest.approx(expected / expected.sum(), abs=1e-5)
    assert tally(clip_rows(read))["fused"] == (1, 2)


def test_the_page_shows_frames_and_escapes_names(predicted: Path) -> None:
    assert main(["clips", str(predicted)]) == 0
    page = (predicted / "clips.html").read_text()
    assert page.count("<section>") == page.count('<img src="data:image/png') == 2
    assert "<right>" not in page
    assert page.index("wrong.mp4") < page.index("&lt;right&gt;.mp4")  # what is wrong comes first
    strip = frame_strip(DEMO)
    assert strip.shape[0] == STRIP_HEIGHT
    assert strip.shape[1] > STRIP_FRAMES * STRIP_HEIGHT  # frames wider than high, side by side


def test_clips_that_moved_are_named_or_given_a_root(predicted: Path, tmp_path: Path) -> None:
    source = predicted / "source.json"
    content = source.read_text()
    assert Path(json.loads(content)["root"]) == predicted.parent.resolve()
    try:
        source.unlink()
        assert main(["clips", str(predicted)]) == 2
        page = tmp_path / "page.html"
        assert main(["clips", str(predicted), "--root", str(predicted.parent), "--out", str(page)]) == 0
        assert '<img src="data:image/png' in page.read_text()
    finally:
        source.write_text(content)


def test_a_corpus_without_clips_is_refused_and_a_broken_clip_has_no_strip(texts: Path, tmp_path: Path) -> None:
    run(Request("meld", texts, tmp_path / "out"), quiet=True)
    with pytest.raises(DataError, match="no corpus with a label for each clip"):
        clip_rows(Run.read(tmp_path / "out"))
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    with pytest.raises(ClipError):
        frame_strip(tmp_path / "broken.mp4")
