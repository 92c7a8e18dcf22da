import re
from pathlib import Path

import pytest

from cer.web import words
from cer.web.words import say

ROOT = Path(__file__).parents[3]


def test_every_sentence_that_the_page_says_exists_and_every_one_that_exists_is_said() -> None:
    code = "".join(path.read_text() for path in (ROOT / "cer" / "web").glob("*.py"))
    keys = set(re.findall(r'(?:say|texts_of)\(\s*["\']([a-z_.0-9]+)["\']', code))
    existing = {
        f"{part}.{name}" if isinstance(value, dict) else part
        for part, value in words._sentences().items()
        for name in (value if isinstance(value, dict) else [part])
    }
    assert keys == existing


def test_a_translation_fills_in_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "en.toml").write_text((ROOT / "cer" / "web" / "en.toml").read_text())
    (tmp_path / "de.toml").write_text('title = "Zusammengesetzte Ausdrücke"\n[clip]\nanalyze = "Auswerten"\n')
    monkeypatch.setattr(words, "_FOLDER", tmp_path)
    monkeypatch.setenv("CER_LANGUAGE", "de")
    words._sentences.cache_clear()
    try:
        assert say("clip.analyze") == "Auswerten"
        assert say("clip.cancel") == "Cancel"
        assert say("title").startswith("Zusammen")
        monkeypatch.setenv("CER_LANGUAGE", "../../etc/passwd")
        words._sentences.cache_clear()
        assert say("clip.analyze") == "Analyze"
    finally:
        words._sentences.cache_clear()
