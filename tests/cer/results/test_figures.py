import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cer.pipeline import analyze
from cer.results import figures, overlay, report
from cer.results.analysis import Analysis
from tests.clips import noise, still, write_clip


def test_the_report_holds_everything_and_asks_for_nothing_from_outside(analysis: Analysis) -> None:
    page = report.report(analysis)
    assert page.count('class="lane compound"') == 7
    assert page.count('<section class="panel') == 6 + 5
    assert "Happily Surprised" in page
    assert 'src="http' not in page
    assert "<link" not in page
    assert "<script" not in page


def test_text_of_the_clip_is_escaped(analysis: Analysis) -> None:
    text = replace(analysis.predictions["text"], notes=("<script>alert(1)</script>",) * len(analysis.segments))
    clip = replace(analysis.clip, name="<img src=x onerror=alert(1)>.mp4")
    page = report.report(replace(analysis, clip=clip, predictions={**analysis.predictions, "text": text}))
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;" in page


def test_absent_modalities_are_named_with_their_reason(tmp_path: Path) -> None:
    empty = analyze(write_clip(tmp_path / "empty.mp4", still([0, 1, 2], noise())))
    page = report.report(empty)
    assert "absent: no face" in page
    assert "ot enough evidence" in page


def test_the_overlay_marks_the_face_and_moves_its_cursor(analysis: Analysis) -> None:
    blank = np.zeros((360, 640, 3), np.uint8)
    draw = overlay.overlay(analysis, 640, 360)
    early, late = draw(1.0, blank), draw(9.0, blank)
    left, top, _, bottom = (analysis.boxes[5, 1:] * [640, 360, 640, 360]).astype(int)
    edge = draw(float(analysis.boxes[5, 0]), blank)[(top + bottom) // 2, left - 3 : left + 4].max(0)
    assert edge[0] > 150  # orange
    assert (early[-3, 64 - 1 : 64 + 2] == 255).all(1).any()
    assert (late[-3, 576 - 6 : 576 + 4] == 255).all(1).any()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts open files")
def test_figures_drawn_for_many_visitors_leave_no_fonts_open(analysis: Analysis) -> None:
    def open_fonts() -> int:
        names = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
        return sum(name.endswith((".ttf", ".otf")) for name in names)

    figures.svg(figures.timeline(analysis))
    before = open_fonts()
    for _ in range(3):
        with ThreadPoolExecutor(1) as visitor:  # a thread of its own, as a server's
            visitor.submit(lambda: figures.svg(figures.timeline(analysis))).result()
            visitor.submit(lambda: figures.png(figures.timeline(analysis))).result()
    assert open_fonts() == before
