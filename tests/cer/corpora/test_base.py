import io
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from cer import labels
from cer.corpora import corpus
from cer.corpora.base import cache_in, fetch, read
from cer.errors import DataError
from tests.clips import noise


def test_an_open_corpus_is_downloaded_in_its_authors_own_layout(tmp_path: Path) -> None:
    lines = [("I'm so happy!", "joy"), ("Go away.", "anger")]
    official = pd.DataFrame(lines, columns=["Utterance", "Emotion"]).assign(Speaker="Joey", Dialogue_ID=0)
    (tmp_path / "www").mkdir()
    official.to_csv(tmp_path / "www" / "test_sent_emo.csv", index=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "www")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        meld = replace(corpus("meld"), source=f"http://127.0.0.1:{server.server_port}/{{split}}_sent_emo.csv")
        rows = meld.rows(fetch(meld, "test"), "test")
        assert [(row["text"], row["label"]) for row in rows] == [("I'm so happy!", "Happiness"), ("Go away.", "Anger")]
        with pytest.raises(DataError, match="cannot be downloaded"):
            fetch(meld, "none")
    finally:
        server.shutdown()


def test_a_gated_corpus_says_where_to_ask() -> None:
    with pytest.raises(DataError, match="on request"):
        fetch(corpus("afew"), "val")


def test_a_file_without_the_columns_is_named_with_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "meld-test.csv"
    pd.DataFrame({"sentence": ["a"], "emotion": ["joy"]}).to_csv(path, index=False)
    with pytest.raises(DataError, match=r"text is missing; it has sentence, emotion"):
        read(path, ["text", "emotion"])
    (tmp_path / "bad.parquet").write_bytes(b"no parquet")
    with pytest.raises(DataError, match="not a parquet file"):
        read(tmp_path / "bad.parquet", ["image"])


def _faces(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    picture = io.BytesIO()
    Image.fromarray(noise()).save(picture, "png")
    path = folder / "faces [new].parquet"
    pd.DataFrame({"image": [{"bytes": picture.getvalue(), "path": None}], "label": ["happy"]}).to_parquet(path)
    return path


def test_brackets_in_a_root_are_no_pattern_and_a_corpus_leaves_no_copy_without_a_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, spare = tmp_path / "own", tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spare))
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", own)
    path = _faces(tmp_path / "faces [2026]")
    with cache_in(None, temporary=True):
        assert corpus("faces").rows(path.parent, None)["label"] == ["Happiness"]
    assert not own.exists()
    assert list(spare.iterdir()) == []
    with cache_in(tmp_path / "chosen"):
        assert len(corpus("faces").rows(path, None)) == 1
    assert list((tmp_path / "chosen").rglob("*.arrow"))
    assert not own.exists()


def test_a_cache_that_cannot_be_written_is_named_and_not_the_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", Path("/proc/none"))
    with pytest.raises(DataError, match="/proc/none: the cache of `datasets` cannot be written"):
        corpus("faces").rows(_faces(tmp_path), None)


def test_a_changed_rule_of_a_reader_is_not_hidden_by_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _faces(tmp_path / "faces")
    with cache_in(tmp_path / "cache"):
        assert corpus("faces").rows(path, None)["label"] == ["Happiness"]
        monkeypatch.setitem(labels._EMOTION_OF, "happy", labels.EMOTIONS.index("Other"))
        assert corpus("faces").rows(path, None)["label"] == ["Other"]
