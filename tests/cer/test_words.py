import re
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest

from cer import words
from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.modalities import scene_context
from cer.modalities.base import SOURCES
from cer.perception.evidence import Cue
from cer.perception.voice_head import BURST_KINDS
from cer.results.analysis import Analysis
from cer.results.export import ANNOTATED, RESULT_FILES
from cer.results.report import report
from cer.results.wording import description_words
from cer.web import app
from cer.web.example import EXAMPLES
from cer.words import say

ROOT = Path(__file__).parents[2]


def test_every_sentence_that_the_page_says_exists_and_every_one_that_exists_is_said() -> None:
    files = [path for folder in ("web", "results") for path in (ROOT / "cer" / folder).glob("*.*")]
    code = "".join(path.read_text() for path in files if path.suffix != ".npz")
    keys = set(re.findall(r'(?:say|texts_of|label)\(\s*["\']([a-z_.0-9]+)["\']', code))
    keys |= {*app.SAID_BY_SCRIPTS}
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
        "example": EXAMPLES,
    }  # by the name of what they translate
    free = {"reasons", "stages", "descriptions", "files"}  # asked for as a whole
    existing = {
        f"{part}.{name}" if isinstance(value, dict) else part
        for part, value in words._sentences("en").items()
        for name in (value if isinstance(value, dict) else [part])
        if part not in (*tables, *free)
    }
    assert keys - {*tables, *free, "decimal_mark"} == existing - {"decimal_mark"}
    assert all(tuple(words._sentences("en")[part]) == names for part, names in tables.items())


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
    page = report(replace(analysis, transcript=[]))
    assert '<html lang="de">' in page
    english = tomllib.loads((ROOT / "cer/words/en.toml").read_text())
    for part in ("report", "compounds", "modalities"):
        for sentence in english[part].values():
            for text in [sentence] if isinstance(sentence, str) else sentence:
                if " " in text and "{" not in text:
                    assert text not in page, text
    assert "freudig überrascht" in page
    assert "Gesicht in Bewegung" in page


def test_every_description_that_we_write_is_translated_and_no_other_is(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[phrase for _, phrase in scene_context._FACE_WORDS], ["a calm, relaxed face"], ["a smile", "closed eyes"]]
    faces = [", ".join(row[:-1]) + " and " + row[-1] if len(row) > 1 else row[0] for row in rows]
    scenes = [
        scene_context._scene([Cue(0.0, light, 0.0, 0.0, motion=0.0, faces=faces, closeness=height)], height)
        for light in (0.1, 0.4, 0.9)
        for faces in (1, 2, 5)
        for height in (0.1, 0.3, 0.9)
    ]
    moves = [*scene_context.POSTURE_SENTENCES.values(), "They move a little."]
    voices = ["They speak loudly.", "They speak softly.", "They are speaking."]
    texts = [*scenes, *(f"The person has {face}." for face in faces), *moves, *voices]
    assert [description_words(text) for text in texts] == texts
    monkeypatch.setenv("CER_LANGUAGE", "de")
    english = {"A", "The", "They", "and", "a", "is", "are", "the", "with"}
    for text in texts:
        assert english.isdisjoint(re.findall(r"\w+", description_words(text))), text
    assert description_words("The person has a smile and a hat.") == "The person has a smile and a hat."


def test_fractions_have_the_decimal_mark_of_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    assert say("clip.person_choice", id=1, seconds=2.5) == "Person 1, seen 2.5 s"
    monkeypatch.setenv("CER_LANGUAGE", "de")
    assert say("clip.person_choice", id=1, seconds=2.5) == "Person 1, 2,5 s zu sehen"
    assert say("link.address") == "Adresse dieses Ergebnisses"


def test_every_file_that_a_result_becomes_is_explained() -> None:
    listed = ", ".join(words.texts_of("files"))
    for name in {*RESULT_FILES} - {ANNOTATED}:
        stem, _, ending = name.partition(".")
        assert stem in listed, name
        assert f".{ending}" in listed, name


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
        assert say("clip.analyze") == "Analyze"
    finally:
        words._sentences.cache_clear()


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("de-DE,de;q=0.9,en;q=0.8", "de"),
        ("DE", "de"),
        ("de;q=0.5", "de"),
        ("fr-FR,de;q=0.9", "en"),
        ("*", "en"),
        ("../../etc/passwd", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_the_language_follows_the_browser(header: str | None, chosen: str) -> None:
    assert words.language_of(header) == chosen


def test_a_language_set_for_everybody_goes_before_the_browsers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CER_LANGUAGE", "de")
    assert words.language_of("en-US") == "de"
    monkeypatch.setenv("CER_LANGUAGE", "")
    assert words.language_of("en-US") == "en"


def test_two_visitors_at_once_are_each_answered_in_their_language() -> None:
    def answer(language: str) -> list[str]:
        with words.speaking(language):
            both_speak.wait()
            return [say("clip.analyze"), words.language()]

    both_speak = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        german, english = pool.map(answer, ("de", "en"))
    assert (german, english) == (["Auswerten", "de"], ["Analyze", "en"])
    assert words.language() == "en"
