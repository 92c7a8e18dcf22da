"""One run of a corpus: predictions.parquet and results.json. A run that was stopped goes on where it was."""

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cer.compound import ppa
from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.pipeline import models_of
from cer.profiles import modalities

from .corpora import corpus as find
from .corpora.base import Corpus
from .predict import VIEWS, Row, Skipped, predict
from .scores import Scores, score

SCHEMA = 1
PART = 200  # items that are written at once, so the most that a kill costs

_PROBABILITIES = pa.list_(pa.float32())
TABLE = pa.schema(
    [("id", pa.string()), ("start", pa.float64()), ("end", pa.float64()), ("label", pa.string())]
    + [(view, _PROBABILITIES) for view in VIEWS]
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. root: the corpus' file or folder; limit: at most so many items, the first ones."""

    corpus: str
    root: Path
    out: Path
    split: str | None = None
    profile: str = "embedded"
    limit: int | None = None


def run(request: Request, *, quiet: bool = False) -> dict[str, Any]:
    """Predict every item that is not predicted yet, score all of them, and return what results.json holds.

    Raises DataError when the corpus cannot be read, or `out` holds another run.
    """
    corpus = find(request.corpus)
    split = request.split or corpus.split
    items = corpus.rows(request.root, split)
    if request.limit is not None:
        items = items.select(range(min(request.limit, len(items))))
    parts = request.out / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    config = {
        "corpus": corpus.name,
        "version": corpus.version,
        "split": split,
        "profile": request.profile,
        "limit": request.limit,
    }
    _same_run(request.out / "config.json", config)
    done, skipped = _finished(parts)
    _predict_missing(corpus, items, request.profile, parts, done | skipped.keys(), quiet)
    _, skipped = _finished(parts)
    order = {name: index for index, name in enumerate(items["id"])}
    table = _merged(parts, order)
    _write(table, request.out / "predictions.parquet")
    result = results(
        corpus,
        table,
        config,
        [{"id": name, "reason": skipped[name]} for name in sorted(skipped, key=order.__getitem__)],
    )
    text = json.dumps(result, indent=1, allow_nan=False) + "\n"
    _atomically(request.out / "results.json", text.encode())
    return result


def _same_run(path: Path, config: Mapping[str, Any]) -> None:
    from cer.errors import DataError

    if path.exists() and json.loads(path.read_text("utf-8")) != dict(config):
        raise DataError(
            f"{path.parent}: holds another run ({path.read_text('utf-8').strip()}). Give another --out, or remove it."
        )
    _atomically(path, (json.dumps(dict(config)) + "\n").encode())


def _finished(parts: Path) -> tuple[set[str], dict[str, str]]:
    """Ids that have predictions, and ids that were skipped with the reason."""
    done: set[str] = set()
    skipped: dict[str, str] = {}
    for path in sorted(parts.glob("*.parquet")):
        done.update(pq.read_table(path, columns=["id"])["id"].to_pylist())
    for path in sorted(parts.glob("*.skipped.json")):
        skipped |= json.loads(path.read_text("utf-8"))
    return done, skipped


def _predict_missing(corpus: Corpus, items: Any, profile: str, parts: Path, known: set[str], quiet: bool) -> None:
    missing = [index for index, name in enumerate(items["id"]) if name not in known]
    started = time.monotonic()
    for first in range(0, len(missing), PART):
        rows: list[Row] = []
        skipped: dict[str, str] = {}
        for index in missing[first : first + PART]:
            item = items[index]
            try:
                rows += predict(corpus, item, profile)
            except Skipped as reason:
                skipped[item["id"]] = str(reason)
        stem = f"{missing[first]:08}"
        _atomically(parts / f"{stem}.skipped.json", json.dumps(skipped).encode())
        _write(pa.Table.from_pylist([_plain(row) for row in rows], TABLE), parts / f"{stem}.parquet")
        if not quiet:
            count = min(first + PART, len(missing))
            left = (time.monotonic() - started) / count * (len(missing) - count)
            print(f"{corpus.name}: {count} of {len(missing)} items, {left:.0f} s left", file=sys.stderr)


def _plain(row: Row) -> Row:
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in row.items()}


def _merged(parts: Path, order: Mapping[str, int]) -> pa.Table:
    """All parts as one table, in the corpus' order; an item that was predicted twice counts once."""
    rows: dict[tuple[str, float], Row] = {}
    for path in sorted(parts.glob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            if row["id"] in order:
                rows[(row["id"], row["start"])] = row
    return pa.Table.from_pylist([rows[key] for key in sorted(rows, key=lambda key: (order[key[0]], key[1]))], TABLE)


def results(
    corpus: Corpus, table: pa.Table, config: Mapping[str, Any], skipped: list[dict[str, str]]
) -> dict[str, Any]:
    """What results.json holds: every view's scores with bootstrap intervals, and what they rest on."""
    scored = dict(views(corpus, table))
    return {
        "schema": SCHEMA,
        "corpus": corpus.name,
        "split": config["split"],
        "profile": config["profile"],
        "n": len(set(table["id"].to_pylist())),
        "skipped": skipped,
        "results": {name: {**one.values, "confusion": one.confusion.tolist()} for name, one in scored.items()},
        "intervals": {name: {key: list(pair) for key, pair in one.intervals.items()} for name, one in scored.items()},
        "classes": list(corpus.classes),
        "config": {**config, "prior": dict(corpus.prior) if corpus.prior else None, "power": corpus.power},
        "models": [
            {"modality": m.modality, "name": m.name, "revision": m.revision, "sha256": m.sha256}
            for m in models_of(modalities(str(config["profile"])))
        ],
        "data_sha256": _content(table),
        "git": _commit(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def views(corpus: Corpus, table: pa.Table) -> Iterator[tuple[str, Scores]]:
    """(view, scores) of every view that the predictions hold; an item's segments are averaged first."""
    labels = np.array(table["label"].to_pylist())
    ids = np.array(table["id"].to_pylist())
    truth_of = {name: corpus.classes.index(label) for name, label in zip(ids, labels, strict=True)}
    wanted = (*MODALITIES, "ppa", "pfsa", "compound") if corpus.compound else (*MODALITIES, "fused")
    for view in wanted:
        column = "scene_label_compound" if corpus.compound and view == "scene_label" else view
        values = table[column].to_pylist()
        held = [index for index, value in enumerate(values) if value is not None]
        if not held:
            continue
        stacked = np.array([values[index] for index in held], np.float32)
        if corpus.compound and view in MODALITIES and stacked.shape[1] == len(EMOTIONS):
            stacked = ppa(stacked)
        names, which = np.unique(ids[held], return_inverse=True)
        mean = np.zeros((len(names), stacked.shape[1]))
        np.add.at(mean, which, stacked)
        yield view, score(restrict(mean, corpus), np.array([truth_of[name] for name in names]), names)


def restrict(probabilities: np.ndarray, corpus: Corpus) -> np.ndarray:
    """Probabilities over the corpus' classes only, times the prior it declares, normalised."""
    assert probabilities.shape[1] == len(COMPOUNDS if corpus.compound else EMOTIONS)
    kept = probabilities[:, corpus.columns]
    if corpus.prior:
        kept = kept * np.array([corpus.prior[name] for name in corpus.classes]) ** corpus.power
    total = kept.sum(1, keepdims=True)
    return np.where(total > 0, kept / np.maximum(total, 1e-12), 1 / len(corpus.classes))


def _content(table: pa.Table) -> str:
    """SHA-256 over the ids and labels that were scored."""
    digest = hashlib.sha256()
    for name, label in zip(table["id"].to_pylist(), table["label"].to_pylist(), strict=True):
        digest.update(f"{name}\t{label}\n".encode())
    return digest.hexdigest()


def _commit() -> str | None:
    """The git commit of the code, or None outside a checkout."""
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or None


def _write(table: pa.Table, path: Path) -> None:
    temporary = path.with_suffix(".tmp")
    pq.write_table(table, temporary)
    os.replace(temporary, path)


def _atomically(path: Path, content: bytes) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_bytes(content)
    os.replace(temporary, path)
