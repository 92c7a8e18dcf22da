"""What results.json holds: every view's scores with bootstrap intervals, and what they rest on."""

import hashlib
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from cer.corpora.base import Corpus
from cer.fusion.compound import ppa
from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.modalities.registry import modalities
from cer.pipeline import models_of
from eval import multi_label
from eval.scores import Scores, score
from eval.tables import MATCHED, column
from eval.targets import Targets, targets_of

SCHEMA = 1  # of results.json; eval/results.schema.json describes it


def results(
    corpus: Corpus,
    table: pa.Table,
    frames: pa.Table | None,
    config: Mapping[str, Any],
    skipped: list[dict[str, str]],
) -> dict[str, Any]:
    """What results.json holds. A corpus without labels has no scores."""
    targets = targets_of(corpus, table, frames)
    scored = dict(views(corpus, table, targets))
    means = {view: targets.average(values_of(corpus, table, view)) for view in scored if corpus.multi_label}
    return {
        "schema": SCHEMA,
        "corpus": corpus.name,
        "split": config["split"],
        "profile": config["profile"],
        "n": len(targets.ids),
        "scored": len(targets.truth),
        "skipped": skipped,
        "notes": dict(Counter(note for note in table["note"].to_pylist() if note)),
        "results": {name: {**scores.values, "confusion": scores.confusion.tolist()} for name, scores in scored.items()},
        "intervals": {
            name: {key: list(pair) for key, pair in scores.intervals.items()} for name, scores in scored.items()
        },
        **(multi_label.document(means, corpus, targets, str(config["profile"])) if corpus.multi_label else {}),
        "classes": list(corpus.classes),
        "config": {
            **config,
            "prior": dict(corpus.prior) if corpus.prior else None,
            "power": corpus.power,
            **multi_label.declared(corpus),
            "protocol": corpus.protocol,
        },
        "models": [
            {"modality": m.modality, "name": m.name, "revision": m.revision, "sha256": m.sha256}
            for m in models_of(modalities(str(config["profile"])))
        ],
        "data_sha256": _content(targets),
        "git": _commit(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def views(corpus: Corpus, table: pa.Table, targets: Targets) -> Iterator[tuple[str, Scores]]:
    """(view, scores) of every view that the predictions hold. Clips and frames that a view does not see are not in its
    scores.
    """
    for view in (*MODALITIES, "ppa", "pfsa", "compound") if corpus.compound else (*MODALITIES, "fused"):
        scores = scores_of(values_of(corpus, table, view), corpus, targets)
        if scores is not None:
            yield view, scores


def values_of(corpus: Corpus, table: pa.Table, view: str) -> np.ndarray:
    """A view of every segment over the emotions [R, 8] or the compound expressions [R, 7], as the corpus is labelled.

    A modality's compound expressions are its PPA; the label matcher's, where it was asked for them, its own answer.
    """
    values = column(table, view)
    if not corpus.compound or view not in MODALITIES:
        return values
    matched = column(table, MATCHED)
    return ppa(values) if view != "scene_label" or np.isnan(matched).all() else matched


def scores_of(values: np.ndarray, corpus: Corpus, targets: Targets) -> Scores | None:
    """Scores of the segments' values float [R, 8 or 7], NaN rows where absent; None when there is nothing to score."""
    mean = targets.average(values)
    scored = ~np.isnan(mean).any(1)
    if not scored.any():
        return None
    if corpus.multi_label:
        assert targets.languages is not None
        return multi_label.score(mean[scored], targets.truth[scored], targets.languages[scored], corpus)
    decided = restrict(mean[scored], corpus).argmax(1)
    return score(
        restrict(mean[scored], corpus, power=1.0), targets.truth[scored], targets.groups[scored], predicted=decided
    )


def restrict(probabilities: np.ndarray, corpus: Corpus, power: float | None = None) -> np.ndarray:
    """Probabilities over the corpus' classes only, times the prior it declares to a power, normalized.

    power: the corpus' own, by which labels are decided, when None; with 1 they are honest in that corpus' population.
    """
    assert probabilities.shape[1] == len(COMPOUNDS if corpus.compound else EMOTIONS)
    restricted = probabilities[:, corpus.columns]
    if corpus.prior:
        prior = np.array([corpus.prior[name] for name in corpus.classes])
        restricted = restricted * prior ** (corpus.power if power is None else power)
    total = restricted.sum(1, keepdims=True)
    return np.where(total > 0, restricted / np.maximum(total, 1e-12), 1 / len(corpus.classes))


def _content(targets: Targets) -> str:
    """SHA-256 over the ids and labels that were scored."""
    digest = hashlib.sha256("\n".join(targets.ids).encode())
    digest.update(targets.groups.astype("<i8").tobytes() + targets.truth.astype("<i8").tobytes())
    return digest.hexdigest()


def _commit() -> str | None:
    """The git commit of the code, or None outside a checkout."""
    try:
        process = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return process.stdout.strip() or None
