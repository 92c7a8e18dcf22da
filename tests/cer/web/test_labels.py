import pytest

from cer.web.labels import Labels
from cer.words import languages, say, speaking


def test_each_language_gets_its_own_text_for_the_same_stand_in() -> None:
    label = Labels()
    stand_in = label("clip.long", minutes=11.0, limit="10")
    translations = label.translations.translations_dict
    assert list(translations) == languages()
    assert all("11" in texts[stand_in.key] for texts in translations.values())
    with speaking("de"):
        assert translations["de"][stand_in.key] == say("clip.long", minutes=11.0, limit="10")
    assert translations["de"] != translations["en"]


def test_a_language_set_by_whoever_serves_the_page_is_everybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CER_LANGUAGE", "de")
    label = Labels()
    stand_in = label("clip.cancel")
    assert label.translations.translations_dict == {"en": {stand_in.key: "Abbrechen"}}
