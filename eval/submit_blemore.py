"""The file of the BLEMORE challenge: the emotions of each test clip, with their salience in percent.

{"predictions": {"test_0001.mov": [{"emotion": "hap", "salience": 70.0}, {"emotion": "ang", "salience": 30.0}], ...}}
"""

import json
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from cer.corpora.blemore import CODES, CORPUS
from cer.errors import DataError
from cer.files import read_file
from cer.labels import EMOTIONS, emotion_index
from eval.blends import blend
from eval.results import restrict
from eval.tables import column
from eval.targets import members

SALIENCES = ((100,), (50, 50), (30, 70))  # percent, sorted
_CODE_OF = {name: code for code, name in CODES.items()}


def read_template(path: Path) -> list[str]:
    """The clips that the organizers' template asks for, in its order. Raises DataError for another file."""
    predictions = _predictions(read_file(path))
    if not isinstance(predictions, dict) or not predictions:
        raise DataError(f'{path}: must be the organizers\' template, {{"predictions": {{"test_0001.mov": [...]}}}}.')
    return list(predictions)


def submission(run: Path, template: Sequence[str] | None, view: str = "fused", missing: str | None = None) -> str:
    """The challenge's file from a run of blemore: every clip of the template, or every clip of the run without one.

    view: "fused" or a modality. missing: the emotion of clips without a prediction. Clips are matched by name without
    the ending, so that converted ones count. Raises DataError that names clips without a prediction otherwise.
    """
    fallback = [(EMOTIONS[_emotion(missing)], 1.0)] if missing is not None else None
    emotions = _emotions(run, view)
    names = template if template is not None else list(emotions)
    by_stem = {PurePath(name).stem: value for name, value in emotions.items()}
    lost = [name for name in names if PurePath(name).stem not in by_stem]
    if lost and fallback is None:
        raise DataError(
            f"{run}: {len(lost)} clips have no prediction ({', '.join(lost[:8])}). Run them, or give "
            "--missing LABEL to write one emotion for all of them."
        )
    predictions = {
        name: [
            {"emotion": _CODE_OF[emotion], "salience": round(100 * share, 1)}
            for emotion, share in by_stem.get(PurePath(name).stem, fallback) or []
        ]
        for name in names
    }
    return json.dumps({"predictions": predictions}, indent=4) + "\n"


def _emotion(word: str) -> int:
    try:
        position = emotion_index(CODES.get(word, word))
    except ValueError as error:
        raise DataError(f"--missing {error}.") from error
    if EMOTIONS[position] not in _CODE_OF:
        raise DataError(f"--missing {word}: is none of the challenge's emotions, {', '.join(CODES)}.")
    return position


def _emotions(run: Path, view: str) -> dict[str, list[tuple[str, float]]]:
    """The blend of each clip of a run, from the mean of its segments."""
    try:
        table = pq.read_table(run / "predictions.parquet")
    except (OSError, ValueError) as error:
        raise DataError(f"{run}: holds no finished run ({error}).") from error
    values, emotions = column(table, view), {}
    for name, rows in members(table).items():
        valid = values[rows][~np.isnan(values[rows]).any(1)]
        if len(valid):
            mean = np.zeros((1, len(EMOTIONS)))
            mean[:, CORPUS.columns] = restrict(valid.mean(0, keepdims=True), CORPUS)
            emotions[name] = blend(mean[0])
    return emotions


def _predictions(content: str) -> Any:
    """What the file holds under "predictions"; None when it is not of that form."""
    try:
        document = json.loads(content)
    except ValueError:
        return None
    return document.get("predictions") if isinstance(document, dict) else None


def problems(content: str, template: Sequence[str] | None) -> list[str]:
    """What is wrong with a submission, in words; empty when it is right. Without a template any clips will do."""
    predictions = _predictions(content)
    if not isinstance(predictions, dict):
        return ['the file must be a JSON object {"predictions": {CLIP: [{"emotion", "salience"}, ...]}}']
    faults = [f"{name}: {fault}" for name, entries in predictions.items() if (fault := _fault(entries)) is not None]
    if template is not None:
        absent = [name for name in template if name not in predictions]
        extra = [name for name in predictions if name not in set(template)]
        if absent:
            faults.append(f"{len(absent)} clips of the template are missing, the first is {absent[0]}")
        if extra:
            faults.append(f"{len(extra)} clips are not in the template, the first is {extra[0]}")
    return faults


def _fault(entries: Any) -> str | None:
    """What is wrong with the emotions of one clip."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return "must be a list of objects with emotion and salience"
    names = [entry.get("emotion") for entry in entries]
    shares = [entry.get("salience") for entry in entries]
    unknown = [name for name in names if name not in CODES]
    if unknown:
        return f"{unknown[0]!r} is no emotion of {', '.join(CODES)}"
    if not 1 <= len(names) <= 2 or len(set(names)) < len(names):
        return f"has {len(names)} emotions; give one, or two that differ"
    if len(names) == 2 and "neu" in names:
        return "neu is never part of a blend"
    numbers = [share for share in shares if isinstance(share, int | float) and not isinstance(share, bool)]
    if len(numbers) < len(shares) or tuple(sorted(numbers)) not in SALIENCES:
        return f"has the saliences {shares}; give 100 alone, 50 and 50, or 70 and 30"
    return None
