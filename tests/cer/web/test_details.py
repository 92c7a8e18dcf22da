from dataclasses import replace

import numpy as np

from cer.results.analysis import Analysis
from cer.web import details


def test_words_from_a_clip_are_text_and_never_markup(analysis: Analysis) -> None:
    notes = ("<script>alert(1)</script>",) * len(analysis.segments)
    spoken = replace(analysis.predictions["text"], notes=notes)
    html = details.segments_table(replace(analysis, predictions={**analysis.predictions, "text": spoken}))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_the_curves_hold_every_moment_of_the_time_line(analysis: Analysis) -> None:
    table = details.curves(analysis)
    assert len(table) == 7 * len(analysis.times)
    assert np.allclose(table.groupby("seconds")["probability"].sum(), 1, atol=1e-3)
