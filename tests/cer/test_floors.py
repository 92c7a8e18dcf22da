"""Lower floors never import higher ones, modalities never each other, and analysing a clip never imports torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cer

from ..clips import DEMO

PACKAGE = Path(cer.__file__).parent
FLOORS = (
    ("errors", "labels", "segments", "files", "calibration"),
    ("checkpoints", "media", "decoding", "hub"),
    ("faces", "video", "sentences", "expression", "voice"),
    ("people", "speech", "lexicon"),
    ("evidence",),
    ("modalities", "paper"),
    ("fusion", "compound"),
    ("profiles", "analysis"),
    ("pipeline", "figures"),
    ("cli", "space"),
)
HEIGHT = {name: level for level, floor in enumerate(FLOORS) for name in floor}


def imported(path: Path) -> set[str]:
    """Modules of the package that a file imports, by their first name below `cer`."""
    depth = len(path.relative_to(PACKAGE).parts)
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            names = [node.module.split(".")[0]] if node.module else [alias.name for alias in node.names]
            found.update(names)
    return found & HEIGHT.keys()


@pytest.mark.parametrize("name", [name for name in HEIGHT if name not in ("modalities", "paper")])
def test_a_module_imports_from_its_own_floor_or_below(name: str) -> None:
    assert {one for one in imported(PACKAGE / f"{name}.py") if HEIGHT[one] > HEIGHT[name]} == set()


def test_modalities_know_the_floors_below_and_not_each_other() -> None:
    names = {path.stem for path in (PACKAGE / "modalities").glob("*.py")} - {"__init__", "base"}
    for path in (PACKAGE / "modalities").glob("*.py"):
        assert {one for one in imported(path) if HEIGHT[one] >= HEIGHT["modalities"]} == set()
        tree = ast.parse(path.read_text("utf-8"))
        siblings = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level == 1}
        assert siblings & names == set()


def test_the_papers_backbones_know_the_modalities_and_nothing_above() -> None:
    for path in (PACKAGE / "paper").glob("*.py"):
        assert {one for one in imported(path) if HEIGHT[one] > HEIGHT["modalities"]} == set()


def test_every_module_has_its_floor() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert modules - HEIGHT.keys() == set()


def test_a_clip_is_analysed_without_torch() -> None:
    code = f"import sys; from cer import analyze; analyze({str(DEMO)!r}); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
