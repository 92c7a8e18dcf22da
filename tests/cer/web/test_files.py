import os
from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

from cer.results.analysis import Analysis
from cer.web import handlers
from cer.web.batch import Batch, archive
from cer.web.files import fresh_folder, sweep


def test_what_is_made_for_a_visitor_lies_in_the_cache_and_nowhere_else(
    analysis: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio deletes at its age what lies in its cache. What lies elsewhere it copies, and leaves the original."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert get_upload_folder() == str(tmp_path / "cache")
    made = [*handlers.files(analysis)[0]["value"], archive(Batch()), handlers.annotated(analysis)["value"]]
    assert len(made) == 11
    assert all(Path(path).is_relative_to(tmp_path / "cache") for path in made)
    everywhere = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert everywhere == {Path(path) for path in made}


def test_what_is_too_old_goes_whoever_made_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    old, young = fresh_folder(), fresh_folder()
    for path in (old / "report.html", young / "report.html", tmp_path / "tmp123.vtt", tmp_path / "new.vtt"):
        path.write_text("hello")
    outside = tmp_path.parent / "outside"
    outside.write_text("not ours")
    (tmp_path / "link").symlink_to(outside)
    for path in (old / "report.html", tmp_path / "tmp123.vtt", old):
        os.utime(path, (path.stat().st_mtime - 100,) * 2)
        sweep(60)  # a folder is young again once something was taken out
    assert {path.name for path in tmp_path.iterdir()} == {young.name, "new.vtt", "link"}
    assert outside.read_text() == "not ours"
