"""Pickled checkpoints are read as tensors or not at all."""

from pathlib import Path

import pytest
import torch

from cer.errors import WeightsError
from cer.modalities.paper import emoaffectnet
from cer.models import hub
from tests.cer.modalities.paper.models import emoaffectnet as make_emoaffectnet
from tests.cer.modalities.paper.models import sums

pytestmark = pytest.mark.usefixtures("own_models")


def test_a_pickle_that_does_more_than_hold_tensors_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (Path(tmp_path / "touched"),)  # type: ignore[return-value]

    monkeypatch.setenv("CER_MODELS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    make_emoaffectnet(tmp_path)
    folder = tmp_path / hub.MODELS["emoaffectnet"].folder
    torch.save({"fc1.weight": Harm()}, folder / hub.MODELS["emoaffectnet"].weights[0])
    sums(folder)
    with pytest.raises(WeightsError, match="not a file of tensors"):
        emoaffectnet._static()
    assert not (tmp_path / "touched").exists()


def test_a_pickle_is_converted_once_and_again_when_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    emoaffectnet._dynamic()
    made = list((tmp_path / "cer").iterdir())
    assert sorted(path.suffix for path in made) == [".safetensors", ".sha256"]
    weights = next(path for path in made if path.suffix == ".safetensors")
    before, content = weights.stat().st_mtime_ns, weights.read_bytes()
    emoaffectnet._dynamic.cache_clear()
    emoaffectnet._dynamic()
    assert weights.stat().st_mtime_ns == before
    weights.write_bytes(content[:-1] + b"\x01")  # a corrupt cache is made anew, not believed
    emoaffectnet._dynamic.cache_clear()
    emoaffectnet._dynamic()
    assert weights.read_bytes() == content
