"""C-EXPR-DB's layout, on a copy made here."""

from pathlib import Path

import pytest

from cer.corpora import corpus
from cer.errors import DataError


def test_videos_of_one_name_are_refused(c_expr_db: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "01.mp4").write_bytes(b"")
    with pytest.raises(DataError, match="two videos are called 01"):
        corpus("c-expr-db").rows(tmp_path, None)
    assert [row["id"] for row in corpus("c-expr-db").rows(c_expr_db, None)] == ["01", "02"]
