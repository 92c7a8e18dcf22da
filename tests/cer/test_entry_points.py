"""Modalities and corpora of other distributions: entry points of one that exists in a test folder only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cer.corpora import corpora, corpus
from cer.errors import CerError
from cer.labels import MODALITIES
from cer.modalities.registry import choose, implementations, modalities

CODE = """
from cer.corpora.base import WORDS, Corpus
from cer.labels import EMOTIONS
from cer.modalities.base import absent


class Silence:
    name = "audio"
    source = "voice"
    per_person = False
    needs_frames = False
    needs_bodies = False

    def describe(self):
        return ()

    def load(self, progress):
        progress("loading silence", 1.0)

    def predict(self, evidence, segments, person):
        return absent(len(segments), "silence")


DIARY = Corpus("diary", 1, "A diary", WORDS, EMOTIONS, lambda root, split: None)
"""
ENTRIES = """
[cer.modalities]
audio.silence = other_package:Silence
audio.broken = other_package:Missing
audio.embedded = other_package:Silence
smell.new = other_package:Silence

[cer.corpora]
diary = other_package:DIARY
meld = other_package:DIARY
lost = no_such_module:CORPUS
"""


@pytest.fixture(autouse=True)
def _distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "other_package.py").write_text(CODE)
    folder = tmp_path / "other_package-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.4\nName: other-package\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(str(tmp_path))
    implementations.cache_clear()
    corpora.cache_clear()
    yield
    implementations.cache_clear()
    corpora.cache_clear()


def test_a_modality_of_another_distribution_is_chosen_by_its_name() -> None:
    served = modalities("embedded,audio=silence")
    assert tuple(served) == MODALITIES
    assert type(served["audio"]).__name__ == "Silence"


def test_a_modality_that_cannot_be_loaded_is_named_when_it_is_chosen() -> None:
    assert choose("embedded,audio=broken")["audio"] == "broken"
    with pytest.raises(CerError, match="other_package:Missing"):
        modalities("embedded,audio=broken")


def test_entry_points_replace_nothing_of_ours_and_say_so(caplog: pytest.LogCaptureFixture) -> None:
    assert type(modalities("embedded")["audio"]).__name__ == "Audio"
    assert "smell" not in implementations()
    assert corpus("meld").about != "A diary"
    messages = " ".join(record.message for record in caplog.records)
    assert all(name in messages for name in ("audio.embedded", "smell.new", "corpus meld", "corpus lost"))


def test_a_corpus_of_another_distribution_is_found_by_its_name() -> None:
    assert corpus("diary").about == "A diary"
