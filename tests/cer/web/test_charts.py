from dataclasses import replace

import numpy as np

from cer.labels import MODALITIES
from cer.modalities.base import absent
from cer.results.analysis import Analysis
from cer.web import charts


def test_an_absent_modality_is_marked_with_its_reason(analysis: Analysis) -> None:
    prediction = analysis.predictions["audio"]
    silent = absent(len(prediction), "no <b>speech</b>")
    html = charts.modalities(replace(analysis, predictions={**analysis.predictions, "audio": silent}))
    assert html.count('class="panel absent"') == 1
    assert "absent: no &lt;b&gt;speech&lt;/b&gt;" in html
    assert html.count("<section") == len(MODALITIES)


def test_words_from_a_clip_are_text_and_never_markup(analysis: Analysis) -> None:
    notes = ("<script>alert(1)</script>",) * len(analysis.segments)
    spoken = replace(analysis.predictions["text"], notes=notes)
    html = charts.segments_table(replace(analysis, predictions={**analysis.predictions, "text": spoken}))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_ppa_and_pfsa_are_shown_beside_what_they_make_together(analysis: Analysis) -> None:
    html = charts.fusion(analysis, 0)
    for title, values in (("(PPA)", analysis.ppa[0]), ("(PFSA)", analysis.pfsa[0])):
        panel = html.split(title)[1].split("</section>")[0]
        assert [int(part.split(" %")[0]) for part in panel.split("</b></td><td>")[1:]] == [
            round(100 * float(value)) for value in values
        ]
    unknown = replace(analysis, outcome=replace(analysis.outcome, pfsa=np.full_like(analysis.pfsa, np.nan)))
    assert charts.fusion(unknown).split("(PFSA)")[1].split("</section>")[0].count("<table") == 0


def test_the_curves_hold_every_moment_of_the_time_line(analysis: Analysis) -> None:
    table = charts.curves(analysis)
    assert len(table) == 7 * len(analysis.times)
    assert np.allclose(table.groupby("seconds")["probability"].sum(), 1, atol=1e-3)
