import argparse
from pathlib import Path

import pytest

from cer.arguments import parser
from cer.models.runtime import DEVICES


def commands() -> dict[str, argparse.ArgumentParser]:
    (chosen,) = [action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)]
    return dict(chosen.choices)


def test_every_option_is_explained_and_every_command_is_documented() -> None:
    root = Path(__file__).parents[2]
    guide = "".join(path.read_text("utf-8") for path in (root / "README.md", *(root / "docs").glob("*.md")))
    for name, command in commands().items():
        assert f"cer {name}" in guide
        unexplained = [action.dest for action in command._actions if not action.help]
        assert unexplained == [], name


def test_what_is_not_given_has_a_default() -> None:
    options = parser().parse_args(["analyze", "a.mp4", "b.mp4", "--out", "results"])
    assert options.clips == [Path("a.mp4"), Path("b.mp4")]
    assert options.out == Path("results")
    assert (options.device, options.person, options.jobs, options.overwrite) == ("auto", None, 1, False)


@pytest.mark.parametrize(
    "words",
    [
        ["analyze", "a.mp4"],
        ["analyze", "--out", "results"],
        ["analyze", "a.mp4", "--out", "results", "--device", "tpu"],
        ["annotate", "clips"],
        ["sing"],
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        parser().parse_args(words)
    assert stop.value.code == 2
    assert "usage: cer" in capsys.readouterr().err


def test_the_devices_are_those_of_the_runtime() -> None:
    for device in DEVICES:
        assert parser().parse_args(["analyze", "a.mp4", "--out", "x", "--device", device]).device == device
