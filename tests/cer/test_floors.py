"""The folders follow the way of the data: nothing imports from a floor above it, and no imports go in a circle."""

import subprocess
import sys

import pytest

from tests.clips import DEMO
from tools.structure import FLOORS, banned_names, cycles, imports, modules, too_high, too_long, unplaced

SIBLINGS = {"base", "registry", "paper"}  # of the folder of modalities, what is no modality


def test_every_module_has_its_floor() -> None:
    assert unplaced() == []


@pytest.mark.parametrize("floor", FLOORS)
def test_nothing_imports_from_a_floor_above(floor: str) -> None:
    assert too_high(floor) == []


def test_no_imports_go_in_a_circle() -> None:
    assert cycles() == []


def test_no_file_is_too_long() -> None:
    assert too_long() == []


def test_names_say_what_they_name() -> None:
    assert banned_names() == []


def test_modalities_never_import_each_other() -> None:
    names = {name for name in modules() if name.startswith("cer.modalities.") and name.split(".")[2] not in SIBLINGS}
    assert {name: imports(name) & names for name in names if imports(name) & names} == {}


def test_a_clip_is_analyzed_without_torch() -> None:
    code = f"import sys; from cer import analyze; analyze({str(DEMO)!r}); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
