"""Files for other tools, read again by their own libraries."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image
from pympi import Eaf, TextGrid

from cer.errors import CerError
from cer.perception.transcription import Sentence
from cer.results.analysis import Analysis
from cer.results.formats import FORMATS, chosen_formats, srt, stated_spans, tiers, vtt, write_formats


def test_each_moment_of_the_clip_has_one_statement(analysis: Analysis) -> None:
    spans = stated_spans(analysis)
    assert spans[0][0] == 0
    assert spans[-1][1] >= analysis.segments[-1].end
    assert all(first[1] == second[0] for first, second in pairwise(spans))
    assert spans[0][1] == 3.0  # half way between the middles 2 and 4 of the first two windows


def test_subtitles_hold_the_words_and_below_them_what_is_stated(analysis: Analysis) -> None:
    blocks = srt(analysis).strip().split("\n\n")
    words = next(block for block in blocks if "Hello there" in block).splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}", words[1])
    assert "happiness" in words[-1]
    assert [block.splitlines()[0] for block in blocks] == [str(number) for number in range(1, len(blocks) + 1)]
    assert vtt(analysis).startswith("WEBVTT\n\n00:00:00.000 --> ")


def test_words_cannot_break_a_subtitle_file(analysis: Analysis) -> None:
    odd = Sentence(1.0, 3.0, "a\n\n2 --> <i>b</i> & c", 0.9)
    written = vtt(replace(analysis, transcript=[odd]))
    assert "a 2 --> &lt;i>b&lt;/i> &amp; c" in written


def test_elan_and_praat_read_the_same_tiers(analysis: Analysis, tmp_path: Path) -> None:
    write_formats(analysis, tmp_path, ("eaf", "textgrid"))
    elan, praat = Eaf(str(tmp_path / "annotations.eaf")), TextGrid(str(tmp_path / "annotations.TextGrid"))
    expected = tiers(analysis)
    assert set(elan.get_tier_names()) == {tier.name for tier in praat.get_tiers()} == set(expected)
    for name, intervals in expected.items():
        read = sorted(elan.get_annotation_data_for_tier(name))
        assert [text for _, _, text in read] == [text for _, _, text in intervals]
        assert read[0][0] == round(1000 * intervals[0][0])
        tier = praat.get_tier(name)
        assert [text for _, _, text in sorted(tier.get_intervals()) if text] == [text for _, _, text in intervals]


def test_sentences_that_overlap_are_cut_apart(analysis: Analysis, tmp_path: Path) -> None:
    pair = [Sentence(1.0, 3.0, "first", 0.9), Sentence(2.5, 4.0, "second", 0.9)]
    spoken = replace(analysis, transcript=pair)
    assert tiers(spoken)["Speech"] == [(1.0, 3.0, "first"), (3.0, 4.0, "second")]
    write_formats(spoken, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {file for file, _ in FORMATS.values()}
    with Image.open(tmp_path / "timeline.png") as image:
        assert image.width > 1000


def test_a_format_that_does_not_exist_is_one_clear_line() -> None:
    assert chosen_formats(" SRT,eaf,") == ("srt", "eaf")
    with pytest.raises(CerError, match=r"format 'docx' does not exist; there is: srt, vtt, eaf, textgrid, png"):
        chosen_formats("srt,docx")
