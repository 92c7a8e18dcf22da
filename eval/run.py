"""One run of a corpus: predictions.parquet and results.json. A run that was stopped goes on where it was.

An item is the same item as long as its media are the same bytes: predictions are kept by id and hash, so another root,
a file that was replaced or one that was missing the last time is predicted. Labels are read anew on every run.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cer.corpora import corpus as find
from cer.corpora.base import Corpus, fetch
from cer.errors import ClipError, DataError
from cer.files import write_whole
from cer.labels import EMOTIONS
from cer.modalities.registry import modalities, resolve_profile
from cer.pipeline import models_of
from eval.engines import ENGINES, Outcome
from eval.frames import FRAMES, disagreements, laid_out
from eval.identity import media_hashes
from eval.results import results
from eval.tables import Row, table_of, write

PART = 200  # items that are written at once
PART_SECONDS = 10.0  # a part is written after that time even if it is not full: the most that a kill costs
MAX_SKIPPED = 0.5  # share of the items; beyond it the scores say little about the corpus


@dataclass(frozen=True, slots=True)
class Request:
    """What to run.

    root: the corpus' file or folder; None downloads one that its authors publish. limit: at most so many items, the
    first ones. engine: "local" or "ray", with so many workers (0: one a device); it does not change the results.
    max_skipped: share of the items that may be skipped.
    """

    corpus: str
    root: Path | None
    out: Path
    split: str | None = None
    profile: str = "embedded"
    limit: int | None = None
    engine: str = "local"
    workers: int = 0
    max_skipped: float = MAX_SKIPPED


def run(request: Request, *, quiet: bool = False) -> dict[str, Any]:
    """Predict every item that is not predicted yet, score all of them, and return what results.json holds.

    Raises:
        DataError: The corpus cannot be read, `out` cannot be written or holds another run, or more than `max_skipped`
            of the items were skipped (the files are written all the same).
    """
    corpus, split, items = _corpus(request)
    hashes = media_hashes(corpus, items)
    profile = resolve_profile(request.profile)
    request = replace(request, profile=profile)  # "auto" comes to something else once its models fill the memory
    config = {
        "corpus": corpus.name,
        "version": corpus.version,
        "split": split,
        "profile": profile,
        "limit": request.limit,
    }
    parts = request.out / "parts"
    _same_run(request.out, config)
    if request.root is not None:  # where the media are is no part of what is run: they may move
        source = json.dumps({"root": str(request.root.resolve())}) + "\n"
        write_whole(source.encode(), request.out / "source.json")
    skipped_now = _predict_missing(request, corpus, items, parts, hashes, quiet, config)
    rows, skipped = _finished(parts, hashes)
    skipped |= skipped_now
    order = {name: index for index, name in enumerate(items["id"])}
    unaccounted = [name for name in order if name not in rows and name not in skipped]
    if unaccounted:
        raise DataError(f"{parts}: says nothing about {len(unaccounted)} items, {unaccounted[0]} among them.")
    table = _merged(rows, items)
    write(table, request.out / "predictions.parquet")
    frames = _frames(items, rows.keys()) if corpus.per_frame else None
    if frames is not None:
        write(frames, request.out / "frames.parquet")
    reasons = [{"id": name, "reason": skipped[name]} for name in order if name not in rows]
    result = results(corpus, table, frames, config, reasons)
    if frames is not None:
        result["notes"] |= disagreements(frames, items)
    write_whole((json.dumps(result, indent=1, allow_nan=False) + "\n").encode(), request.out / "results.json")
    if len(reasons) > request.max_skipped * len(order):
        raise DataError(
            f"{request.out}: {len(reasons)} of {len(order)} items were skipped, the first because: "
            f"{reasons[0]['reason']}. Fix the corpus, or allow it with --max-skipped."
        )
    return result


def _corpus(request: Request) -> tuple[Corpus, str | None, Any]:
    """The corpus with the classes that its labels are of, the split, and the items."""
    corpus = find(request.corpus)
    split = request.split or corpus.split
    items = corpus.rows(request.root or fetch(corpus, split), split)
    if request.limit is not None:
        if request.limit < 1:
            raise DataError(f"--limit {request.limit}: must be at least 1.")
        items = items.select(range(min(request.limit, len(items))))
    names = items["id"]
    if not len(names):
        raise DataError(f"{request.root}: holds no items of {corpus.name}, split {split}.")
    if len(set(names)) < len(names):
        twice = next(name for row, name in enumerate(names) if name in names[:row])
        raise DataError(f"{request.root}: two items are called {twice}. Give each a name of its own.")
    if corpus.observed_classes:
        labels = set(items["label"])
        corpus = replace(corpus, classes=tuple(name for name in EMOTIONS if name in labels) or EMOTIONS)
    return corpus, split, items


def _same_run(out: Path, config: Mapping[str, Any]) -> None:
    """Raises DataError when a folder holds a run of something else, or predictions of other models."""
    path = out / "config.json"
    try:
        (out / "parts").mkdir(parents=True, exist_ok=True)
        existing = json.loads(path.read_text("utf-8")) if path.exists() else dict(config)
    except OSError as error:
        raise DataError(f"{out}: no folder that can be written ({error.strerror}). Give another --out.") from error
    except ValueError:
        existing = None
    before = existing.pop("models", {}) if isinstance(existing, dict) else {}
    if existing != dict(config):
        raise DataError(
            f"{out}: holds another run ({path.read_text('utf-8').strip()}). Give another --out, or remove it."
        )
    if not any((out / "parts").iterdir()):
        return
    if not before:
        raise DataError(f"{out}: does not say whose predictions it holds. Give another --out, or remove it.")
    models = _models(str(config["profile"]))  # of those that either side does not know, nothing can be said
    if others := [name for name in before.keys() & models.keys() if before[name] != models[name]]:
        raise DataError(
            f"{out}: holds predictions of other models ({', '.join(sorted(others))}). Give another --out, or remove it."
        )


def _note(out: Path, config: Mapping[str, Any]) -> None:
    """Write down what is run, and by which models."""
    path = out / "config.json"
    before = json.loads(path.read_text("utf-8")).get("models", {}) if path.exists() else {}
    note = {**config, "models": before | _models(str(config["profile"]))}
    write_whole((json.dumps(note) + "\n").encode(), path)


def _models(profile: str) -> dict[str, list[str]]:
    """SHA-256 of each model's files, by modality and name; of those that are on this disk already."""
    hashes: dict[str, list[str]] = {}
    for model in models_of(modalities(profile)):
        if model.sha256:
            hashes.setdefault(f"{model.modality}: {model.name}", []).append(model.sha256)
    return hashes


def _finished(parts: Path, hashes: Mapping[str, str]) -> tuple[dict[str, list[Row]], dict[str, str]]:
    """id -> rows of the items that are predicted from these very media, and id -> reason of those skipped for them. A
    missing file has no hash: it may be there the next time.
    """
    rows: dict[str, dict[float, Row]] = {}
    skipped: dict[str, str] = {}
    for path in sorted(parts.glob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            if hashes.get(row["id"]) == row["media"]:
                rows.setdefault(row["id"], {})[row["start"]] = row
    for path in sorted(parts.glob("*.skipped.json")):
        for name, (reason, media) in json.loads(path.read_text("utf-8")).items():
            if media and hashes.get(name) == media:
                skipped[name] = reason
    return {name: [by_start[start] for start in sorted(by_start)] for name, by_start in rows.items()}, skipped


def _predict_missing(
    request: Request,
    corpus: Corpus,
    items: Any,
    parts: Path,
    hashes: Mapping[str, str],
    quiet: bool,
    config: Mapping[str, Any],
) -> dict[str, str]:
    """Predict what has no outcome yet and write it in parts, whatever order the engine gives it in; returns why items
    were skipped this time. What is done when the run is interrupted is written too.
    """
    finished, skipped_before = _finished(parts, hashes)
    missing = [row for row, name in enumerate(items["id"]) if name not in finished and name not in skipped_before]
    outcomes = ENGINES[request.engine](corpus, items, missing, request.profile, request.workers)
    started, count = time.monotonic(), 0
    number = 1 + max((int(path.name.split(".")[0]) for path in parts.glob("*.skipped.json")), default=-1)
    all_skipped: dict[str, str] = {}
    more = True
    while more:
        part: list[Outcome] = []
        try:
            more = _fill(part, outcomes)
        finally:
            skipped = {outcome.id: outcome.reason for outcome in part if outcome.reason is not None}
            if part:
                if not count:
                    _note(request.out, config)  # now that the models are loaded, their hashes are known
                reasons = {name: [reason, hashes[name]] for name, reason in skipped.items()}
                rows: list[Row] = [{**row, "media": hashes[outcome.id]} for outcome in part for row in outcome.rows]
                write_whole(json.dumps(reasons).encode(), parts / f"{number:06}.skipped.json")
                write(table_of(rows), parts / f"{number:06}.parquet")
        all_skipped |= skipped
        number, count = number + 1, count + len(part)
        if part and not quiet:
            left = (time.monotonic() - started) / count * (len(missing) - count)
            print(f"{corpus.name}: {count} of {len(missing)} items, {left:.0f} s left", file=sys.stderr)
    return all_skipped


def _fill(part: list[Outcome], outcomes: Iterator[Outcome]) -> bool:
    """Append the next PART outcomes, or those of the next PART_SECONDS; whether there may be more."""
    until = time.monotonic() + PART_SECONDS
    while len(part) < PART and time.monotonic() < until:
        outcome = next(outcomes, None)
        if outcome is None:
            return False
        part.append(outcome)
    return True


def _merged(rows: Mapping[str, list[Row]], items: Any) -> pa.Table:
    """All rows as one table in the corpus' order, with the labels that the corpus gives today."""
    columns = [name for name in ("label", "language") if name in items.column_names]
    labels = zip(items["id"], *(items[name] for name in columns), strict=True)
    return table_of(
        [{**row, **dict(zip(columns, values, strict=True))} for name, *values in labels for row in rows.get(name, [])]
    )


def _frames(items: Any, done: Any) -> pa.Table:
    """The frames of every item that was predicted."""
    parts = []
    for item in items:
        if item["id"] in done:
            try:
                parts.append(laid_out(item))
            except ClipError as error:
                raise DataError(f"{item['video']}: was predicted, but is not there any more ({error})") from error
    return pa.concat_tables(parts) if parts else FRAMES.empty_table()
