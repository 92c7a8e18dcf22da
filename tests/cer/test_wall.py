"""The wall: no weight, split or statistic of the zero-shot profiles depends on a compound label."""

import ast
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cer.corpora.rafce import EXPRESSIONS
from cer.fusion.decision import decision
from cer.modalities.registry import PROFILES, modalities
from cer.models.checkpoints import SHIPPED
from cer.perception.compound_head import HEAD, LADDER
from cer.train.data import RAFCE_UNITS, rafce_units, units_sha256
from tests.cer.corpora.images import image
from tools.structure import imports, modules

LABELED = ("rafce", "c-expr-db", "blemore")  # corpora of compound labels
SUPERVISED = {Path(HEAD).stem, Path(LADDER).stem}


@pytest.mark.parametrize("profile", sorted(PROFILES.keys() - {"supervised"}))
def test_no_zero_shot_profile_loads_a_supervised_weight(profile: str) -> None:
    files = {checkpoint.file for modality in modalities(profile).values() for checkpoint in modality.describe()}
    files |= {decision().checkpoint.file, decision().open_set_checkpoint.file}
    assert not {Path(file).stem for file in files} & SUPERVISED


def test_the_supervised_profile_differs_in_one_modality_only() -> None:
    differing = {name for name, chosen in PROFILES["supervised"].items() if chosen != PROFILES["embedded"][name]}
    assert differing == {"static_face"}


def test_no_zero_shot_weight_names_a_corpus_of_compound_labels_among_its_data() -> None:
    notes = {path.stem: json.loads(path.read_text()) for path in SHIPPED.glob("*.json") if path.stem != "manifest"}
    assert notes.keys() >= SUPERVISED
    for name, note in notes.items():
        if name in SUPERVISED:
            assert note["compound_labels"] is True
            continue
        assert "compound_labels" not in note
        named = {file for file in note.get("data", {}) if any(corpus in file.lower() for corpus in LABELED)}
        assert named <= {RAFCE_UNITS}, f"{name}: {named}"


def rafce_file(path: Path, labels: list[str]) -> Path:
    numbers = range(1, len(labels) + 1)
    images = [image(level=20 * number, path=f"{number:04}_aligned.jpg") for number in numbers]
    units = ["1+4", "L10+B22", "null", "25"]
    pd.DataFrame({"image": images, "label": labels, "action_units": units}).to_parquet(path)
    return path


def test_other_compound_labels_leave_what_action_units_teach_as_it_is(tmp_path: Path) -> None:
    first = rafce_file(tmp_path / "rafce-train.parquet", list(EXPRESSIONS[:4]))
    (tmp_path / "other").mkdir()
    other = rafce_file(tmp_path / "other" / "rafce-train.parquet", list(EXPRESSIONS[4:8]))
    np.testing.assert_array_equal(rafce_units(first, even=True).images, rafce_units(other, even=True).images)
    np.testing.assert_array_equal(rafce_units(first, even=True).targets, rafce_units(other, even=True).targets)
    assert units_sha256(first) == units_sha256(other)


def test_compound_labels_are_read_by_the_supervised_track_and_by_measurements_only() -> None:
    allowed = ("cer.train.supervised", "cer.train.face_measure", "cer.corpora", "eval")
    for name, path in modules().items():
        if name.startswith(allowed):
            continue
        assert not any(target.startswith("cer.train.supervised") for target in imports(name)), name
        used = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "rafce"
        }
        assert used <= {"faces", "units"}, f"{name} reads rafce.{used}"


def test_what_is_measured_on_rafce_goes_into_a_report_only() -> None:
    users = {name for name in modules() if "cer.train.face_measure.measure" in named_imports(name)}
    users |= {name for name in modules() if "cer.train.face_measure.compounds" in named_imports(name)}
    assert users == {"cer.train.static_face"}
    source = modules()["cer.train.static_face"].read_text("utf-8")
    assert source.count("measure(") == 1  # into the note's metrics, after training
    assert source.index("measure(exported(shipped)") > source.index("temperature = calibrate(")


def named_imports(name: str) -> set[str]:
    """Every name that a module imports from another, with the module's name before it."""
    nodes = ast.walk(ast.parse(modules()[name].read_text("utf-8")))
    return {f"{n.module}.{alias.name}" for n in nodes if isinstance(n, ast.ImportFrom) for alias in n.names}
