from pathlib import Path

import pytest
from gradio.utils import get_upload_folder

import app
from cer.analysis import Analysis
from page.batch import Batch, archive


def test_what_is_made_for_a_visitor_lies_in_the_cache_and_nowhere_else(
    analysis: Analysis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio deletes at its age what lies in its cache. What lies elsewhere it copies, and leaves the original."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert get_upload_folder() == str(tmp_path / "cache")
    made = [*app.files(analysis), archive(Batch()), app.annotated(analysis)["value"]]
    assert len(made) == 6
    assert all(Path(path).is_relative_to(tmp_path / "cache") for path in made)
    everywhere = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert everywhere == {Path(path) for path in made}
