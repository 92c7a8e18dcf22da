import shutil
from pathlib import Path

import pytest

from cer import cli, doctor
from cer.doctor import NOTE, OK, WRONG, examine
from cer.media import reader
from cer.models import checkpoints


def test_nothing_stands_in_the_way_of_this_installation(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor"]) == 0
    printed = capsys.readouterr().out
    for part in ("Python 3", "onnxruntime", "h264", "face.onnx", "model.bin", "processors", "opens: 640 x"):
        assert part in printed
    assert not [line for line in printed.splitlines() if line.startswith(WRONG)]


def test_one_damaged_byte_in_a_weight_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(checkpoints.SHIPPED, tmp_path / "weights")
    content = bytearray((tmp_path / "weights/open_set.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "weights/open_set.safetensors").write_bytes(content)
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path / "weights")
    monkeypatch.setattr(doctor, "SHIPPED", tmp_path / "weights")
    checkpoints.locate.cache_clear()
    try:
        assert cli.main(["doctor"]) == 1
    finally:
        checkpoints.locate.cache_clear()
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith(WRONG)]
    assert "open_set.safetensors" in line


def test_a_folder_that_cannot_be_used_is_wrong_and_a_missing_extra_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(doctor, "installed", lambda checkpoint: False)
    monkeypatch.setenv("CER_MODELS", str(tmp_path / "typo"))
    states = {finding.topic: finding.state for finding in examine()}
    assert states["cache of the Hub"] == WRONG
    assert states["CER_MODELS"] == WRONG
    assert states["languages"] == NOTE
    assert states["temporary files"] == OK


def test_a_system_without_limits_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.name", "nt")
    assert "no limit on memory" in str(reader.missing_limits())
