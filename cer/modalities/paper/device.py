"""Where the paper's backbones run, and in which precision."""

import os
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any, TypeVar

from cer.models.runtime import torch_device

Function = TypeVar("Function", bound=Callable[..., Any])

GPU_SECONDS = 240  # that ZeroGPU lends a device for one clip


@cache
def declare_operators() -> None:
    """Make torchvision importable beside a CPU-only torch: its wheel registers fake kernels for operators that only its
    compiled half declares. To be called before anything that imports torchvision (transformers, open_clip, evaluate).
    """
    if find_spec("torchvision") is None or find_spec("torch") is None:
        return
    import torch

    library = torch.library.Library("torchvision", "DEF")
    declare_operators.library = library  # type: ignore[attr-defined]  # what it declares lives as long as it does
    for name in ("nms", "qnms"):
        if not torch._C._dispatch_has_kernel(f"torchvision::{name}"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


def device() -> str:
    """ "cuda" where a GPU can be used and is not excluded by the selected device, else "cpu"."""
    return torch_device()


def free_memory() -> int:
    """Bytes free on the GPU; 0 without one."""
    if device() == "cpu":
        return 0
    import torch

    return int(torch.cuda.mem_get_info()[0])


def half() -> Any:
    """The torch.dtype of what is safe in half precision: bfloat16 on a GPU that knows it, else float16 there, float32
    on a CPU.
    """
    import torch

    if device() == "cpu":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def on_gpu(function: Function) -> Function:
    """Lend `function` a GPU on a ZeroGPU Space; everywhere else it is returned as it is.

    There it runs in a fork of this process: models are to be loaded before it is called, and what it is given and
    returns is pickled.
    """
    if not os.environ.get("SPACES_ZERO_GPU"):
        return function
    import spaces

    return spaces.GPU(duration=GPU_SECONDS)(function)
