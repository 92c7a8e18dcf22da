"""The learned numbers above the modalities."""

import os
from functools import lru_cache
from pathlib import Path

from cer.fusion.compound import Prototypes
from cer.fusion.mhpf import MHPF
from cer.labels import MODALITIES
from cer.models.checkpoints import Checkpoint, own, shipped
from cer.models.runtime import tensors


class Decision:
    """The learned numbers above the modalities: MHPF, prototypes and the share of PFSA in the compound decision."""

    def __init__(self, file: Checkpoint) -> None:
        self.checkpoint = file
        stored = tensors(self.checkpoint)
        self.fusion = MHPF(stored["theta"], stored["beta"], stored.get("temperature"))
        self.mixing = float(stored["mixing"][0])
        self.prototypes = {
            name: Prototypes(stored[f"{name}.centre"], stored[f"{name}.means"], float(stored[f"{name}.temperature"][0]))
            for name in MODALITIES
            if f"{name}.means" in stored
        }


def decision() -> Decision:
    """The shipped numbers, or those in the file that CER_FUSION names (made by `python -m cer.train.fusion`)."""
    return _decision(os.environ.get("CER_FUSION"))


@lru_cache(maxsize=2)
def _decision(file: str | None) -> Decision:
    return Decision(own(Path(file), "fusion") if file else shipped("fusion.safetensors"))
