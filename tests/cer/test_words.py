import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from cer import words
from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.modalities.base import SOURCES
from cer.perception.voice_head import BURST_KINDS
from cer.results.analysis import Analysis
from cer.results.report import report
from cer.words import say

ROOT = Path(__file__).parents[2]


def test_every_sentence_that_the_page_says_exists_and_every_one_that_exists_is_said() -> None:
    files = [path for folder in ("web", "results") for path in (ROOT / "cer" / folder).glob("*.*")]
    code = "".join(path.read_text() for path in files if path.suffix != ".npz")
    keys = set(re.findall(r'(?:say|texts_of)\(\s*["\']([a-z_.0-9]+)["\']', code))
    keys |= {f"certainty.{word}" for word in ("guess", "likely", "clear")} | {"verdict.only", "verdict.agree"}
    keys |= (
        {f"events.{kind}" for kind in BURST_KINDS}
        | {"verdict.agrees"}
        | {f"{part}.{source.replace(' ', '_')}" for source in SOURCES for part in ("sources", "columns")}
    )
    tables = {
        "emotions": EMOTIONS,
        "compounds": COMPOUNDS,
        "modalities": (*MODALITIES, "fusion"),
    }  # by the name of what they translate
    existing = {
        f"{part}.{name}" if isinstance(value, dict) else part
        for part, value in words._sentences().items()
        for name in (value if isinstance(value, dict) else [part])
        if part not in (*tables, "reasons", "stages")
    }
    assert keys - {*tables, "reasons", "stages"} == existing
    assert all(tuple(words._sentences()[part]) == names for part, names in tables.items())


def test_the_german_words_fill_in_the_same_names_as_the_english_ones() -> None:
    english, german = (tomllib.loads((ROOT / f"cer/words/{name}.toml").read_text()) for name in ("en", "de"))
    assert english.keys() == german.keys()
    for part in [name for name, value in english.items() if isinstance(value, dict)]:
        assert english[part].keys() == german[part].keys()
        for key, sentence in english[part].items():
            fills = [re.findall(r"{(\w+)", str(text)) for text in (sentence, german[part][key])]
            assert sorted(fills[0]) == sorted(fills[1]), (part, key)


def test_a_german_report_speaks_german(analysis: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CER_LANGUAGE", "de")
    words._sentences.cache_clear()
    try:
        page = report(replace(analysis, transcript=[]))
    finally:
        words._sentences.cache_clear()
    assert '<html lang="de">' in page
    english = tomllib.loads((ROOT / "cer/words/en.toml").read_text())
    for part in ("report", "compounds", "modalities"):
        for sentence in english[part].values():
            for text in [sentence] if isinstance(sentence, str) else sentence:
                if " " in text and "{" not in text:
                    assert text not in page, text
    assert "freudig überrascht" in page
    assert "Gesicht in Bewegung" in page


def test_a_translation_fills_in_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "en.toml").write_text((ROOT / "cer" / "words" / "en.toml").read_text())
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
