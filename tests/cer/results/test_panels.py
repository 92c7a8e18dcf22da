from dataclasses import replace

import numpy as np

from cer.labels import MODALITIES
from cer.modalities.base import absent
from cer.results import panels
from cer.results.analysis import Analysis


def test_an_absent_modality_is_marked_with_its_reason(analysis: Analysis) -> None:
    prediction = analysis.predictions["audio"]
    silent = absent(len(prediction), "no <b>speech</b>")
    html = panels.modalities(replace(analysis, predictions={**analysis.predictions, "audio": silent}))
    assert html.count('class="panel absent"') == 1
    assert "absent: no &lt;b&gt;speech&lt;/b&gt;" in html
    assert html.count("<section") == len(MODALITIES)


def test_ppa_and_pfsa_are_shown_beside_what_they_make_together(analysis: Analysis) -> None:
    html = panels.fusion(analysis, 0)
    for title, values in (("(PPA)", analysis.ppa[0]), ("(PFSA)", analysis.pfsa[0])):
        panel = html.split(title)[1].split("</section>")[0]
        assert [int(part.split(" %")[0]) for part in panel.split("</b></td><td>")[1:]] == [
            round(100 * float(value)) for value in values
        ]
    unknown = replace(analysis, outcome=replace(analysis.outcome, pfsa=np.full_like(analysis.pfsa, np.nan)))
    assert panels.fusion(unknown).split("(PFSA)")[1].split("</section>")[0].count("<table") == 0
