"""Labels of one's own: a folder of labeled clips becomes a file of prototypes, for `cer analyze --prototypes`."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cer.clips import clips_of
from cer.errors import CerError, DataError
from cer.fusion.decision import decision
from cer.fusion.own_labels import OwnLabels, fit
from cer.labels import MODALITIES
from cer.modalities.registry import DEFAULT
from cer.pipeline import analyze
from cer.results.analysis import Analysis, Model


def examples_of(folder: Path) -> list[tuple[str, Path]]:
    """Label and clip of every example, FOLDER/LABEL/CLIP, by name. Raises DataError when there is none."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder. Give one that holds a folder of clips for each label.")
    named = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    examples = [(path.name, clip) for path in named for clip in clips_of([path], recursive=True) if clip.is_file()]
    labels = {label for label, _ in examples}
    if len(labels) == 1:
        raise DataError(f"{folder}: has clips of one label only, {labels.pop()}. Add a folder of clips of another.")
    if not examples:
        raise DataError(f"{folder}: holds no clips. Put those of each label into a folder of its name: tired/1.mp4.")
    return examples


def adapt(folder: Path, *, profile: str = DEFAULT, report: Callable[[str], None] = lambda line: None) -> OwnLabels:
    """Learn prototypes from labeled clips; of each, the person seen longest counts.

    Args:
        folder: holds a folder of clips for each label.
        profile: which models serve the modalities, as in `analyze`.
        report: called with a line about each clip; one that cannot be read is reported and left out.

    Raises:
        DataError: There are no examples, or fewer than two labels.
    """
    rules = decision()
    examples, weights, models = [], [], {}
    for label, clip in examples_of(folder):
        try:
            analysis = analyze(clip, profile=profile)
        except CerError as error:
            report(str(error))
            continue
        vectors = mean_embeddings(analysis)
        report(f"{label}: {analysis.clip.name}, learned from {', '.join(vectors) or 'nothing'}")
        examples.append((label, vectors))
        weights.append(analysis.weights.mean(0))
        models = weights_behind(analysis.models)
    centers = {name: prototypes.center for name, prototypes in rules.prototypes.items()}
    mean = np.mean(weights, 0) if weights else np.zeros(len(MODALITIES))
    return fit(examples, centers, dict(zip(MODALITIES, mean.tolist(), strict=True)), models)


def mean_embeddings(analysis: Analysis) -> dict[str, np.ndarray]:
    """The mean embedding [D] of each modality that has prototypes and is present somewhere in the clip."""
    means = {}
    for name in decision().prototypes:
        prediction = analysis.predictions[name]
        if prediction.embedding is None:
            continue
        rows = prediction.embedding[~np.isnan(prediction.embedding).any(1)]  # words of other languages have none
        if len(rows):
            means[name] = rows.mean(0)
    return means


def weights_behind(models: Sequence[Model]) -> dict[str, str]:
    """SHA-256 of the last weight file of each modality: the network whose embedding is compared."""
    return {model.modality: model.sha256 for model in models if model.modality in MODALITIES}


def with_own_labels(analysis: Analysis, own: OwnLabels | None) -> Analysis:
    """The analysis with what a user's own labels say of each segment; as it is for None.

    Raises DataError when the labels were learned with other weights.
    """
    if own is None:
        return analysis
    present = weights_behind(analysis.models)
    if any(present.get(name, own.models.get(name)) != own.models.get(name) for name in own.prototypes):
        raise DataError("the labels of your own were learned with other models. Run `cer adapt` again.")
    embeddings = {name: prediction.embedding for name, prediction in analysis.predictions.items()}
    judged = own.judge(embeddings, analysis.weights)
    return replace(analysis, own_labels=own.labels, own=judged, own_sha256=own.sha256)
