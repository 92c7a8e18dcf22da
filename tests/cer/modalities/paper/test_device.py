import importlib
import sys
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch

from cer.modalities.paper import device


def test_without_a_gpu_numbers_stay_whole_and_no_memory_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "torch_device", lambda: "cpu")
    assert (device.device(), device.half(), device.free_memory()) == ("cpu", torch.float32, 0)


@pytest.mark.parametrize(("knows_bfloat16", "precision"), [(True, torch.bfloat16), (False, torch.float16)])
def test_a_gpu_computes_in_the_half_precision_that_it_knows(
    knows_bfloat16: bool, precision: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "torch_device", lambda: "cuda")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: knows_bfloat16)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (5, 9))
    assert (device.half(), device.free_memory()) == (precision, 5)


def test_a_function_is_lent_a_gpu_on_a_zero_gpu_space_only(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds: list[int] = []

    def lend(duration: int) -> Callable[[Callable[[], int]], Callable[[], int]]:
        seconds.append(duration)
        return lambda function: lambda: function() + 1

    def answer() -> int:
        return 41

    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=lend))
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    assert device.on_gpu(answer) is answer
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    assert device.on_gpu(answer)() == 42
    assert seconds == [device.GPU_SECONDS]


def test_torchvision_can_be_imported_beside_a_torch_for_processors() -> None:
    device.declare_operators()
    device.declare_operators()  # twice is once
    assert importlib.import_module("torchvision").__version__
    assert all(hasattr(torch.ops.torchvision, name) for name in ("nms", "qnms"))
