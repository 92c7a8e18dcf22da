"""Hit rates of the words of certainty."""

from pathlib import Path

import numpy as np
import pytest

from cer.fusion.open_set import COMPOUND, NEUTRAL, SINGLE, UNCLEAR, Statement
from cer.labels import COMPOUNDS, PAIRS
from cer.results.wording import CLEAR
from eval.certainty import Certainties, as_markdown, certainties_of, is_right
from eval.cli import main
from eval.finished import Run
from tests.eval.test_report import made_up

ANGER = Statement(SINGLE, 0.9, (("Anger", 1.0),))
BLEND = Statement(COMPOUND, 0.9, (("Sadness", 0.6), ("Anger", 0.4)))


def test_a_statement_is_right_when_it_names_what_the_label_does() -> None:
    sadly_angry = PAIRS[COMPOUNDS.index("Sadly Angry")]
    assert is_right(ANGER, "Anger", None)
    assert not is_right(ANGER, "Sadness", None)
    assert is_right(BLEND, "Sadness", None)  # the stronger part
    assert not is_right(BLEND, "Anger", None)
    assert is_right(BLEND, "Sadly Angry", sadly_angry)
    assert not is_right(BLEND, "Sadly Fearful", PAIRS[COMPOUNDS.index("Sadly Fearful")])
    assert not is_right(ANGER, "Sadly Angry", sadly_angry)
    assert is_right(Statement(NEUTRAL, 0.9, (("Neutral", 1.0),)), "Neutral", None)
    assert not is_right(Statement(UNCLEAR, 1.0, ()), "Neutral", None)


def test_hit_rates_by_hand() -> None:
    entry = Certainties(
        "films",
        "fused",
        9,
        np.array([2, 2, 2, 2, 0]),
        np.array([0.9, 0.9, 0.8, 1.0, 0.5]),
        np.array([True, True, True, False, False]),
    )
    assert entry.cells() == ["films", "fused", "5 of 9", "0.00 for 0.50 (1)", "-", "0.75 for 0.90 (4)"]
    assert as_markdown([entry]).splitlines()[2] == (
        "| films | fused | 5 of 9 | 0.00 for 0.50 (1) | - | 0.75 for 0.90 (4) |"
    )


def test_every_view_of_a_run_is_measured_and_the_command_prints_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = made_up(tmp_path / "made", skill=0.9)
    entries = {entry.view: entry for entry in certainties_of(Run.read(folder))}
    assert set(entries) == {"fused", "static_face", "dynamic_face", "scene_label", "scene_context", "audio", "text"}
    for entry in entries.values():
        assert entry.items == 60
        assert len(entry.level) == len(entry.right) == len(entry.confidence) <= 60
        assert (entry.confidence[entry.level == 2] >= CLEAR).all()
    assert main(["calibration", str(folder), "--out", str(tmp_path)]) == 0
    assert entries["fused"].cells()[-1] in capsys.readouterr().out
    assert (tmp_path / "certainty.md").exists()
