"""Profiles: which implementation serves each modality. A profile is data; one modality can be swapped alone."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from .checkpoints import Checkpoint, shipped, tensors
from .compound import Prototypes
from .errors import CerError
from .fusion import MHPF
from .labels import MODALITIES
from .modalities.audio import Audio
from .modalities.base import Modality
from .modalities.dynamic_face import DynamicFace
from .modalities.scene_context import SceneContext
from .modalities.scene_label import SceneLabel
from .modalities.static_face import StaticFace
from .modalities.text import Text

PROFILES: Mapping[str, Mapping[str, Callable[[], Modality]]] = {
    "embedded": {
        "static_face": StaticFace,
        "dynamic_face": DynamicFace,
        "scene_label": SceneLabel,
        "scene_context": SceneContext,
        "audio": Audio,
        "text": Text,
    },
}
DEFAULT = "embedded"


def modalities(profile: str) -> dict[str, Modality]:
    """The six modalities of a profile, in the order of MODALITIES. Raises CerError for a profile that does not
    exist.
    """
    if profile not in PROFILES:
        raise CerError(f"{profile!r} is no profile; there is: {', '.join(PROFILES)}")
    return {name: PROFILES[profile][name]() for name in MODALITIES}


class Decision:
    """The learned numbers above the modalities: MHPF, prototypes and the share of PFSA in the compound decision."""

    def __init__(self) -> None:
        self.checkpoint: Checkpoint = shipped("fusion.safetensors")
        stored = tensors(self.checkpoint)
        self.fusion = MHPF(stored["theta"], stored["beta"], stored.get("temperature"))
        self.mixing = float(stored["mixing"][0])
        self.prototypes = {
            name: Prototypes(stored[f"{name}.centre"], stored[f"{name}.means"], float(stored[f"{name}.temperature"][0]))
            for name in MODALITIES
            if f"{name}.means" in stored
        }


@lru_cache(maxsize=1)
def decision() -> Decision:
    return Decision()
