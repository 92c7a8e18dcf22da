"""The runtime: where networks run, their onnxruntime sessions, and tensors of verified files.

The device is a choice for the whole process, made by `select_device` before networks are loaded: "auto" (a GPU where
the installed libraries can use one), "cpu" or "cuda". Loaders cache what they load for the device of that moment.
"""

import logging
import mmap
import os
import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np

from cer.errors import CerError
from cer.memory import release_memory
from cer.models.checkpoints import Checkpoint, locate
from cer.models.quantization import dequantize

THREADS = max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


DEVICES = ("auto", "cpu", "cuda")

logger = logging.getLogger(__name__)

Arguments = ParamSpec("Arguments")
Loaded = TypeVar("Loaded")


class _Process:
    """What holds for the whole process."""

    device = "auto"


def select_device(device: str) -> None:
    """Choose where networks run from now on, in this process.

    Args:
        device: "auto", "cpu" or "cuda".

    Raises:
        CerError: The name does not exist, or "cuda" is asked of a machine where neither onnxruntime nor torch has it.
    """
    if device not in DEVICES:
        raise CerError(f"{device!r} is no device; choose {', '.join(DEVICES)}.")
    if device == "cuda" and not _onnxruntime_has_cuda():
        if not _torch_has_cuda():
            raise CerError(
                "no GPU can be used: neither onnxruntime nor torch has CUDA here. Install onnxruntime-gpu in place of "
                "onnxruntime (embedded profile) or a CUDA build of torch (paper profile), or choose cpu."
            )
        logger.warning("onnxruntime has no CUDA here: the paper's networks run on the GPU, the embedded ones do not")
    _Process.device = device


def onnx_providers() -> list[str]:
    """The providers of onnxruntime for the selected device, the preferred one first."""
    gpu = _Process.device != "cpu" and _onnxruntime_has_cuda()
    return ["CUDAExecutionProvider", "CPUExecutionProvider"] if gpu else ["CPUExecutionProvider"]


def torch_device() -> str:
    """ "cuda" where torch can use a GPU and the selected device allows it, else "cpu"."""
    return "cuda" if _Process.device != "cpu" and _torch_has_cuda() else "cpu"


@lru_cache(maxsize=1)
def _onnxruntime_has_cuda() -> bool:
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


@lru_cache(maxsize=1)
def _torch_has_cuda() -> bool:
    if find_spec("torch") is None:
        return False
    import torch

    return bool(torch.cuda.is_available())


class DeviceCache(Generic[Arguments, Loaded]):
    """A loader that keeps what it returned for its arguments and the selected device."""

    def __init__(self, load: Callable[Arguments, Loaded], maxsize: int) -> None:
        self.__doc__ = load.__doc__
        self._load = lru_cache(maxsize=maxsize)(lambda device, *args, **named: load(*args, **named))

    def __call__(self, *args: Arguments.args, **named: Arguments.kwargs) -> Loaded:
        return self._load(_Process.device, *args, **named)  # type: ignore[arg-type]  # unhashable ones raise TypeError

    def cache_clear(self) -> None:
        """Forget everything that was loaded."""
        self._load.cache_clear()


def cached_per_device(
    maxsize: int = 1,
) -> Callable[[Callable[Arguments, Loaded]], DeviceCache[Arguments, Loaded]]:
    """`functools.lru_cache` for loaders of networks: another selected device loads anew."""
    return lambda load: DeviceCache(load, maxsize)


def onnx_session(
    model: Path | bytes, weights: Mapping[str, np.ndarray] | None = None, *, keeps_memory: bool = True
) -> Any:
    """An onnxruntime session on the selected device for a verified file or a graph made from one; `weights` fills a
    graph that carries none.

    keeps_memory: whether it holds what the largest run needed for the next one. False for a network that runs seldom
    on long inputs.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = keeps_memory
    # Spinning threads of several sessions would fight for the same two cores.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    values = {name: onnxruntime.OrtValue.ortvalue_from_numpy(array) for name, array in (weights or {}).items()}
    if values:
        options.add_external_initializers(list(values), list(values.values()))
    graph = model if isinstance(model, bytes) else model.read_bytes()
    session = onnxruntime.InferenceSession(graph, options, providers=onnx_providers())
    release_memory()  # opening takes twice the weights and more
    return session


def tensors(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """All tensors of a safetensors file, or of a model.bin of CTranslate2; int8 matrices with scales as float32."""
    path = locate(checkpoint)
    if path.suffix != ".bin":
        return dequantize(stored_tensors(checkpoint))
    with path.open("rb") as file:
        return _ctranslate2(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def stored_tensors(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    """All tensors of a safetensors file as they are stored."""
    from safetensors.numpy import load_file

    return load_file(locate(checkpoint))


_CTRANSLATE2_TYPES = (np.float32, np.int8, np.int16, np.int32, np.float16)


def _ctranslate2(content: mmap.mmap) -> dict[str, np.ndarray]:
    """The variables of a CTranslate2 model, format 6: after the names and numbers of its kind, each variable's name,
    shape, type, size and values. What is not used of the arrays is not read from the file.
    """
    at = 0

    def number(code: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(f"<{code}", content, at)
        at += struct.calcsize(f"<{code}")
        return int(value)

    def text() -> str:
        nonlocal at
        length = number("H")
        at += length
        return content[at - length : at - 1].decode()  # it ends with a zero byte

    number("I"), text(), number("I")  # format, specification, its revision
    weights: dict[str, np.ndarray] = {}
    for _ in range(number("I")):
        name = text()
        shape = [number("I") for _ in range(number("B"))]
        kind = np.dtype(_CTRANSLATE2_TYPES[number("B")])
        size = number("I")
        weights[name] = np.frombuffer(content, kind, size // kind.itemsize, at).reshape(shape)
        at += size
    return weights
