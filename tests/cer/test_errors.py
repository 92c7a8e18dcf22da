import ast
from pathlib import Path

import pytest

from cer.errors import CerError, ClipError, DataError, WeightsError

PACKAGE = Path(__file__).parents[2] / "cer"


@pytest.mark.parametrize("kind", [ClipError, WeightsError, DataError])
def test_whoever_catches_the_base_catches_each_kind_and_keeps_its_message(kind: type[CerError]) -> None:
    with pytest.raises(CerError, match=r"^clip\.mp4: no such file\.$"):
        raise kind("clip.mp4: no such file.")


def test_no_kind_hides_another() -> None:
    kinds = (ClipError, WeightsError, DataError)
    assert [kind for kind in kinds for other in kinds if kind is not other and issubclass(kind, other)] == []


def test_every_message_is_more_than_a_word() -> None:
    """A literal message of fewer than three words says neither what was given nor what to do."""
    names = {"CerError", "ClipError", "WeightsError", "DataError"}
    short = [
        f"{path.name}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in names
        and (not node.args or (isinstance(node.args[0], ast.Constant) and len(str(node.args[0].value).split()) < 3))
    ]
    assert short == []
