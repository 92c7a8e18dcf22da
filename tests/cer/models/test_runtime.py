import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cer.errors import CerError
from cer.models import runtime
from cer.models.runtime import cached_per_device, onnx_providers, select_device, torch_device

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _auto() -> Iterator[None]:
    yield
    runtime._Process.device = "auto"


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Libraries that say they can use a GPU."""
    monkeypatch.setattr(runtime, "_onnxruntime_has_cuda", lambda: True)
    monkeypatch.setattr(runtime, "_torch_has_cuda", lambda: True)


def test_a_device_that_does_not_exist_names_those_that_do() -> None:
    with pytest.raises(CerError, match="auto, cpu, cuda"):
        select_device("tpu")


@pytest.mark.usefixtures("gpu")
def test_the_selected_device_decides_for_onnxruntime_and_torch() -> None:
    select_device("auto")
    assert (onnx_providers()[0], torch_device()) == ("CUDAExecutionProvider", "cuda")
    select_device("cpu")
    assert (onnx_providers(), torch_device()) == (["CPUExecutionProvider"], "cpu")


def test_cuda_without_a_gpu_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_onnxruntime_has_cuda", lambda: False)
    monkeypatch.setattr(runtime, "_torch_has_cuda", lambda: False)
    with pytest.raises(CerError, match="onnxruntime-gpu"):
        select_device("cuda")
    assert onnx_providers() == ["CPUExecutionProvider"]


@pytest.mark.usefixtures("gpu")
def test_a_loader_loads_once_for_each_device() -> None:
    loaded = []

    @cached_per_device(maxsize=2)
    def load(name: str) -> str:
        loaded.append((name, torch_device()))
        return name

    for device in ("cpu", "cpu", "cuda"):
        select_device(device)
        assert load("net") == "net"
    assert loaded == [("net", "cpu"), ("net", "cuda")]
    load.cache_clear()
    load("net")
    assert len(loaded) == 3


OPEN = """
from cer.memory import release_memory
from cer.models.checkpoints import locate, shipped
from cer.models.runtime import onnx_session

def resident() -> int:
    return int(open("/proc/self/statm").read().split()[1]) * 4096

session = onnx_session(locate(shipped("movenet.onnx")))
before = resident()
release_memory()
print(before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's account of its memory")
def test_what_opening_a_network_took_is_given_back() -> None:
    ended = subprocess.run([sys.executable, "-c", OPEN], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(ended.stdout) < 5e6  # 19 MB are left where nobody gives them back
