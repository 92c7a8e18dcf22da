"""The tabs beside the first: many clips, comparing, evaluation."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser.visiting import WAIT, hand
from tests.clips import DEMO, noise, still, write_clip


def test_many_clips_become_one_table_and_one_archive(visitor: Any, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    short = write_clip(tmp_path / "short.mp4", still(np.arange(0, 2, 0.1).tolist(), noise()))
    visitor.get_by_role("tab", name="Many clips").click()
    visitor.locator("#clips input[type=file]").set_input_files([str(DEMO), str(tmp_path / "broken.mp4"), str(short)])
    visitor.locator("#clips").get_by_text("short").first.wait_for()
    visitor.get_by_role("button", name="Analyze all").click()
    link = visitor.locator('a[download="results.zip"]')
    link.first.wait_for(timeout=WAIT)
    with visitor.expect_download() as download:
        link.first.click()
    download.value.save_as(tmp_path / "results.zip")
    with zipfile.ZipFile(tmp_path / "results.zip") as packed:
        names = set(packed.namelist())
    assert {"demo/analysis.json", "short/report.html", "problems.txt"} <= names
    visitor.get_by_text("Happily Surprised").locator("visible=true").first.wait_for()


def test_predictions_and_labels_become_scores(visitor: Any, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,label\na,happy\nb,sad\nc,fear\n")
    (tmp_path / "l.csv").write_text("id,label\na,happy\nb,sad\nc,anger\n")
    visitor.get_by_role("tab", name="Evaluation").click()
    hand(visitor, "#predictions", tmp_path / "p.csv")
    hand(visitor, "#labels", tmp_path / "l.csv")
    visitor.get_by_role("button", name="Score").click()
    visitor.get_by_text("macro-F1 28.57 %").wait_for(timeout=WAIT)
    assert not visitor.locator("#coverage").is_visible()


def test_probabilities_show_how_true_they_are(visitor: Any, tmp_path: Path) -> None:
    header = "id,happy,sad,anger,fear,disgust,surprise,neutral\n"
    rows = "a,0.9,0.1,0,0,0,0,0\nb,0.2,0.8,0,0,0,0,0\nc,0,0,0.4,0.6,0,0,0\n"
    (tmp_path / "p.csv").write_text(header + rows)
    (tmp_path / "l.csv").write_text("id,label\na,happy\nb,sad\nc,anger\n")
    visitor.get_by_role("tab", name="Evaluation").click()
    hand(visitor, "#predictions", tmp_path / "p.csv")
    hand(visitor, "#labels", tmp_path / "l.csv")
    visitor.get_by_role("button", name="Score").click()
    for curve in ("#reliability", "#coverage"):
        visitor.locator(f"{curve} img").wait_for(timeout=WAIT)


def test_two_clips_are_compared_on_one_time_axis(visitor: Any, tmp_path: Path) -> None:
    other = write_clip(tmp_path / "noise.mp4", still(np.arange(0, 3, 0.1).tolist(), noise()))
    visitor.get_by_role("tab", name="Compare").click()
    hand(visitor, "#first-clip", DEMO)
    hand(visitor, "#second-clip", other)
    visitor.get_by_role("button", name="Compare", exact=True).click()
    visitor.locator("#sides .side").nth(1).wait_for(timeout=WAIT)
    names = visitor.locator("#sides h4").all_inner_texts()
    assert names == ["demo.mp4", "noise.mp4"]
    ends = (
        visitor.locator("#sides .side")
        .first.locator(".lane.stated i")
        .last.evaluate("i => i.getBoundingClientRect().right / i.closest('.track').getBoundingClientRect().right")
    )
    assert ends == pytest.approx(1, abs=0.02)  # the longer of the two fills the axis
