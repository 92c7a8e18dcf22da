"""Models of the Hub: fetched, found and checked, in processes of their own since huggingface_hub reads its settings
once.
"""

import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from safetensors.numpy import save

from cer.models import hub
from tests.cer.models.stand_in import COMMIT, Hub, serving

MODEL = hub.MODELS["wavlm"]
WEIGHTS = save({"one": np.arange(4096, dtype=np.float32)})
FILES = {MODEL.repo: {"config.json": b'{"id2label": {}}', "model.safetensors": WEIGHTS, "README.md": b"not fetched"}}


def run(code: str, home: Path, endpoint: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python code in a process whose Hub is `endpoint` and whose cache is below `home`."""
    item = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "CER_"))}
    settings = {
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "HF_HUB_DISABLE_XET": "1",
        "HF_TOKEN": "x",
        **environment,
    }
    start = "from cer.models import hub; from cer.errors import WeightsError; model = hub.MODELS['wavlm']\n"
    return subprocess.run(
        [sys.executable, "-c", start + code], env=item | settings, capture_output=True, text=True, check=False
    )


def test_a_model_is_fetched_once_and_then_found_without_a_network(tmp_path: Path) -> None:
    code = """
seen = []
folder = hub.locate(model, progress=lambda stage, fraction: seen.append((stage, fraction)))
print(sorted(path.name for path in folder.iterdir()), hub.describe(model)[0].revision)
assert seen and all(0 <= fraction <= 1 for _, fraction in seen)
"""
    with serving(Hub(FILES)) as stand_in:
        done = run(code, tmp_path, stand_in.address)
    assert done.stdout.split("\n")[0] == f"['config.json', 'model.safetensors'] {COMMIT}", done.stderr
    again = run("print(hub.locate(model).name)", tmp_path, "http://127.0.0.1:9", HF_HUB_OFFLINE="1")
    assert again.stdout.strip() == COMMIT, again.stderr


def test_a_download_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    blobs = tmp_path / "hub" / f"models--{MODEL.folder}" / "blobs"
    with serving(Hub(FILES)) as stand_in:
        first = run("print(hub.locate(model))", tmp_path, stand_in.address)
        assert first.returncode == 0, first.stderr
        weights = next(path for path in blobs.iterdir() if path.stat().st_size == len(WEIGHTS))
        weights.unlink()  # as after a crash between two files
        second = run("print(hub.locate(model))", tmp_path, stand_in.address)
    assert second.returncode == 0, second.stderr
    assert weights.read_bytes() == WEIGHTS


def test_one_flipped_byte_in_the_cache_is_refused_by_name(tmp_path: Path) -> None:
    with serving(Hub(FILES)) as stand_in:
        assert run("hub.locate(model)", tmp_path, stand_in.address).returncode == 0
        blobs = tmp_path / "hub" / f"models--{MODEL.folder}" / "blobs"
        weights = next(path for path in blobs.iterdir() if path.stat().st_size == len(WEIGHTS))
        damaged = bytearray(WEIGHTS)
        damaged[-1] ^= 1
        weights.chmod(0o644)
        weights.write_bytes(bytes(damaged))
        code = "try: hub.locate(model)\nexcept WeightsError as error: print(error)"
        done = run(code, tmp_path, stand_in.address)
    assert "model.safetensors: its hash is wrong" in done.stdout
    assert "cer models download" in done.stdout


def test_a_hub_that_cannot_be_reached_is_said_with_the_remedy(tmp_path: Path) -> None:
    code = "try: hub.locate(model)\nexcept WeightsError as error: print(error)"
    done = run(code, tmp_path, "http://127.0.0.1:9", HF_HUB_OFFLINE="1")
    assert MODEL.repo in done.stdout
    assert f"$CER_MODELS/{MODEL.folder}" in done.stdout


def test_a_slow_hub_does_not_hold_the_analysis(tmp_path: Path) -> None:
    code = """
try: hub.fetch(model, patience=1.0)
except WeightsError as error: print(error)
"""
    released = Event()
    with serving(Hub(FILES, released=released)) as stand_in:
        done = run(code + "import os; os._exit(0)", tmp_path, stand_in.address, PYTHONUNBUFFERED="1")
        released.set()
    assert "not fetched within 1 s" in done.stdout, done.stderr


def test_a_folder_of_ones_own_needs_its_sums(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / MODEL.folder
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    monkeypatch.setenv("CER_MODELS", str(tmp_path))
    assert hub.find(MODEL) == folder
    assert [wrong for _, wrong in hub.check(folder) if wrong]
    (folder / "SHA256SUMS").write_text(f"{hub.digest(folder / 'model.safetensors')}  ./model.safetensors\n")
    assert [wrong for _, wrong in hub.check(folder) if wrong] == []


def test_every_model_has_a_license_a_size_and_a_modality() -> None:
    for model in hub.MODELS.values():
        assert model.license
        assert model.size > 0
        assert model.serves
        assert model.revision == "main" or len(model.revision) == 40


def test_the_command_lists_and_verifies(tmp_path: Path) -> None:
    code = "import sys; from cer.cli import main; sys.exit(main(['models', {}, 'wavlm']))"
    with serving(Hub(FILES)) as stand_in:
        listed = run(code.format("'list'"), tmp_path, stand_in.address)
        missing = run(code.format("'verify'"), tmp_path, stand_in.address)
        fetched = run(code.format("'download'"), tmp_path, stand_in.address)
        verified = run(code.format("'verify'"), tmp_path, stand_in.address)
    assert listed.returncode == 0
    assert "MIT" in listed.stdout
    assert (missing.returncode, "not on this disk" in missing.stdout) == (1, True)
    assert fetched.returncode == 0, fetched.stderr
    assert (verified.returncode, "right: " in verified.stdout) == (0, True)
