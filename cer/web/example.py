"""The examples: observations of the bundled clips, made beforehand, so that no model is loaded. The first greets.

`python -m tools.make_example` writes them; a test holds them to what the models say today.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cer.files import bundled_clip
from cer.media.clip import Clip
from cer.modalities.base import Prediction
from cer.observation import Observation
from cer.perception.speech import Utterance
from cer.perception.transcription import Sentence
from cer.perception.vocal_events import Event
from cer.results.analysis import Model, Person
from cer.segments import Segment

EXAMPLES = ("demo", "two-people", "scene")
FOLDER = Path(__file__).with_name("examples")
_TYPES = {
    kind.__name__: kind for kind in (Clip, Event, Model, Observation, Person, Prediction, Segment, Sentence, Utterance)
}


def save(observed: Observation, name: str) -> None:
    """Write the observation of an example: its arrays, and all else as JSON beside them. Timings are left out."""
    arrays: list[NDArray[Any]] = []
    tree = json.dumps(_packed(replace(observed, timings={}), arrays))
    named = {"tree": np.array(tree)} | {f"array{index}": array for index, array in enumerate(arrays)}
    np.savez_compressed(_file(name), allow_pickle=False, **named)


def _file(name: str) -> Path:
    return FOLDER / f"{name}.npz"


@lru_cache(maxsize=len(EXAMPLES))
def example(name: str) -> Observation:
    """The observation of one of EXAMPLES."""
    with np.load(_file(name)) as stored:
        observed = _unpacked(json.loads(str(stored["tree"])), stored)
    assert isinstance(observed, Observation)
    return replace(observed, clip=replace(observed.clip, path=bundled_clip(name)))


def _packed(value: Any, arrays: list[NDArray[Any]]) -> Any:
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if is_dataclass(value):
        return {
            "type": type(value).__name__,
            "fields": {field.name: _packed(getattr(value, field.name), arrays) for field in fields(value)},
        }
    if isinstance(value, Mapping):
        return {"pairs": [[_packed(key, arrays), _packed(item, arrays)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [_packed(item, arrays) for item in value]}
    return value.name if isinstance(value, Path) else value


def _unpacked(value: Any, stored: Mapping[str, NDArray[Any]]) -> Any:
    match value:
        case {"array": index}:
            return stored[f"array{index}"]
        case {"type": name, "fields": parts}:
            return _TYPES[name](**{key: _unpacked(part, stored) for key, part in parts.items()})
        case {"pairs": pairs}:
            return {_unpacked(key, stored): _unpacked(item, stored) for key, item in pairs}
        case {"list": items}:
            return [_unpacked(item, stored) for item in items]
        case {"tuple": items}:
            return tuple(_unpacked(item, stored) for item in items)
    return value
