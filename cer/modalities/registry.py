"""Profiles: which implementation serves each modality. A profile is data; one modality can be swapped alone."""

import logging
import os
from collections.abc import Callable, Mapping
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec

from cer.errors import CerError
from cer.labels import MODALITIES
from cer.modalities.audio import Audio
from cer.modalities.base import Modality
from cer.modalities.dynamic_face import DynamicFace
from cer.modalities.paper.clip import ClipLabel
from cer.modalities.paper.device import free_memory
from cer.modalities.paper.emoaffectnet import EmoAffectNet, EmoAffectNetLSTM
from cer.modalities.paper.qwen import QwenContext
from cer.modalities.paper.spoken import Spoken
from cer.modalities.paper.wavlm import WavLM
from cer.modalities.scene_context import SceneContext
from cer.modalities.scene_label import SceneLabel
from cer.modalities.static_face import StaticFace, SupervisedFace
from cer.modalities.text import Text
from cer.models import hub

logger = logging.getLogger(__name__)

EMBEDDED = "embedded"

IMPLEMENTATIONS: Mapping[str, Mapping[str, Callable[[], Modality]]] = {
    "static_face": {EMBEDDED: StaticFace, "supervised": SupervisedFace, "emoaffectnet": EmoAffectNet},
    "dynamic_face": {EMBEDDED: DynamicFace, "emoaffectnet": EmoAffectNetLSTM},
    "scene_label": {EMBEDDED: SceneLabel, "clip": ClipLabel},
    "scene_context": {
        EMBEDDED: SceneContext,
        "qwen2.5-vl-3b": lambda: QwenContext("qwen2.5-vl-3b"),
        "qwen2.5-vl-7b": lambda: QwenContext("qwen2.5-vl-7b"),
        "qwen2.5-vl-32b": lambda: QwenContext("qwen2.5-vl-32b"),
    },
    "audio": {EMBEDDED: Audio, "wavlm": WavLM},
    "text": {
        EMBEDDED: Text,
        "distilroberta": lambda: Spoken("distilroberta"),
        "xlm-roberta": lambda: Spoken("xlm-roberta"),
    },
}

ENTRY_POINTS = "cer.modalities"
"""Group of entry points under which other distributions offer implementations, each named MODALITY.IMPLEMENTATION."""

PROFILES: Mapping[str, Mapping[str, str]] = {
    "embedded": dict.fromkeys(MODALITIES, EMBEDDED),
    "paper": {
        "static_face": "emoaffectnet",
        "dynamic_face": "emoaffectnet",
        "scene_label": "clip",
        "scene_context": "qwen2.5-vl-3b",
        "audio": "wavlm",
        "text": "distilroberta",
    },
    "supervised": {**dict.fromkeys(MODALITIES, EMBEDDED), "static_face": "supervised"},
}

DEFAULT = "embedded"

ACCEPTED = "embedded, paper, supervised or auto, then any number of ,MODALITY=IMPLEMENTATION"

_PACKAGES = {"clip": ("open_clip",), "distilroberta": ("whisper",), "xlm-roberta": ("whisper",)}

_ROOM = 1.3  # times its weights that a vision-language model needs on the GPU for four segments of images


@cache
def implementations() -> Mapping[str, Mapping[str, Callable[[], Modality]]]:
    """IMPLEMENTATIONS and what installed distributions offer as entry points, which never replace one of ours."""
    everything = {modality: dict(choices) for modality, choices in IMPLEMENTATIONS.items()}
    for entry in entry_points(group=ENTRY_POINTS):
        modality, _, name = entry.name.partition(".")
        if modality not in everything or not name or name in everything[modality]:
            logger.warning("entry point %s in %s is ignored: %s", entry.name, entry.value, "not MODALITY.NEW_NAME")
        else:
            everything[modality][name] = partial(_build, entry)
    return everything


def _build(entry: EntryPoint) -> Modality:
    """The modality of an entry point. Raises CerError when it cannot be made: the code is somebody else's."""
    try:
        modality: Modality = entry.load()()
    except Exception as error:
        raise CerError(f"{entry.name}: {entry.value} cannot be loaded ({type(error).__name__}: {error}).") from error
    return modality


def choose(profile: str) -> dict[str, str]:
    """The implementation of each modality in "NAME[,MODALITY=IMPLEMENTATION]...", in the order of MODALITIES. Raises
    CerError for a name that does not exist.
    """
    name, *swaps = (part.strip() for part in profile.split(","))
    if name != "auto" and name not in PROFILES:
        raise CerError(f"{name!r} is no profile; give {ACCEPTED}.")
    chosen = {modality: best(modality) for modality in MODALITIES} if name == "auto" else dict(PROFILES[name])
    for swap in swaps:
        modality, _, implementation = swap.partition("=")
        if implementation not in implementations().get(modality, {}):
            accepted = "; ".join(f"{modality}={'|'.join(choices)}" for modality, choices in implementations().items())
            raise CerError(f"{swap!r} swaps no modality; there is: {accepted}.")
        chosen[modality] = implementation
    return {modality: chosen[modality] for modality in MODALITIES}


def resolve_profile(profile: str) -> str:
    """A profile as results name it: what "auto" came to on this machine is written out as swaps."""
    if profile.split(",", maxsplit=1)[0].strip() != "auto":
        return profile
    swaps = [f"{modality}={name}" for modality, name in choose(profile).items() if name != EMBEDDED]
    return ",".join([EMBEDDED, *swaps])


def best(modality: str) -> str:
    """The implementation for a modality that this machine can run now: the paper's where its packages are installed and
    its model is on the disk (or a GPU makes fetching it worth while), the largest one that the GPU holds.
    """
    able = [EMBEDDED]
    for name in IMPLEMENTATIONS[modality]:
        model = hub.MODELS.get(name)
        if (
            model is None
            or name == "xlm-roberta"
            or any(find_spec(package) is None for package in _PACKAGES.get(name, ()))
        ):
            continue
        offline = os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0")
        at_hand = hub.find(model) is not None or (free_memory() > 0 and not offline)
        fits = modality != "scene_context" or free_memory() > _ROOM * model.size * 1e6
        if at_hand and fits:
            able.append(name)
    return able[-1]


def modalities(profile: str) -> dict[str, Modality]:
    """The six modalities of a profile as `choose` reads it. Raises CerError for a name that does not exist."""
    return {name: implementations()[name][chosen]() for name, chosen in choose(profile).items()}
