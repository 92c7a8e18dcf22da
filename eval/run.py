"""One run of a corpus: predictions.parquet and results.json. A run that was stopped goes on where it was."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cer.corpora import corpus as find
from cer.corpora.base import Corpus, fetch
from cer.errors import ClipError, DataError
from cer.files import write_whole
from eval.engines import ENGINES, Outcome
from eval.frames import FRAMES, laid_out
from eval.results import results
from eval.tables import Row, table_of, write

PART = 200  # items that are written at once, so the most that a kill costs
PART_SECONDS = 60.0  # a part is written after that time even if it is not full


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    root: the corpus' file or folder; None downloads one that its authors publish. limit: at most so many items, the
    first ones. engine: "local" or "ray", with so many workers (0: one a device); it does not change the results.
    """

    corpus: str
    root: Path | None
    out: Path
    split: str | None = None
    profile: str = "embedded"
    limit: int | None = None
    engine: str = "local"
    workers: int = 0


def run(request: Request, *, quiet: bool = False) -> dict[str, Any]:
    """Predict every item that is not predicted yet, score all of them, and return what results.json holds.

    Raises DataError when the corpus cannot be read, or `out` holds another run.
    """
    corpus = find(request.corpus)
    split = request.split or corpus.split
    items = corpus.rows(request.root or fetch(corpus, split), split)
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
    _predict_missing(request, corpus, items, parts, done | skipped.keys(), quiet)
    done, skipped = _finished(parts)
    order = {name: index for index, name in enumerate(items["id"])}
    table = _merged(parts, order)
    write(table, request.out / "predictions.parquet")
    frames = _frames(items, done) if corpus.per_frame else None
    if frames is not None:
        write(frames, request.out / "frames.parquet")
    reasons = [{"id": name, "reason": skipped[name]} for name in sorted(skipped.keys() & order, key=order.__getitem__)]
    result = results(corpus, table, frames, config, reasons)
    write_whole((json.dumps(result, indent=1, allow_nan=False) + "\n").encode(), request.out / "results.json")
    return result


def _same_run(path: Path, config: Mapping[str, Any]) -> None:
    if path.exists() and json.loads(path.read_text("utf-8")) != dict(config):
        raise DataError(
            f"{path.parent}: holds another run ({path.read_text('utf-8').strip()}). Give another --out, or remove it."
        )
    write_whole((json.dumps(dict(config)) + "\n").encode(), path)


def _finished(parts: Path) -> tuple[set[str], dict[str, str]]:
    """Ids that have predictions, and ids that were skipped with the reason."""
    done: set[str] = set()
    skipped: dict[str, str] = {}
    for path in sorted(parts.glob("*.parquet")):
        done.update(pq.read_table(path, columns=["id"])["id"].to_pylist())
    for path in sorted(parts.glob("*.skipped.json")):
        skipped |= json.loads(path.read_text("utf-8"))
    return done, skipped


def _predict_missing(request: Request, corpus: Corpus, items: Any, parts: Path, known: set[str], quiet: bool) -> None:
    """Predict what is not known yet and write it in parts, whatever order the engine gives it in."""
    missing = [index for index, name in enumerate(items["id"]) if name not in known]
    outcomes = ENGINES[request.engine](corpus, items, missing, request.profile, request.workers)
    started, count = time.monotonic(), 0
    number = len(list(parts.glob("*.skipped.json")))
    while part := list(_part(outcomes)):
        rows: list[Row] = [row for one in part for row in one.rows]
        skipped = {one.id: one.reason for one in part if one.reason is not None}
        write_whole(json.dumps(skipped).encode(), parts / f"{number:06}.skipped.json")
        write(table_of(rows), parts / f"{number:06}.parquet")
        number, count = number + 1, count + len(part)
        if not quiet:
            left = (time.monotonic() - started) / count * (len(missing) - count)
            print(f"{corpus.name}: {count} of {len(missing)} items, {left:.0f} s left", file=sys.stderr)


def _part(outcomes: Iterator[Outcome]) -> Iterator[Outcome]:
    """The next PART outcomes, or those of the next PART_SECONDS."""
    until = time.monotonic() + PART_SECONDS
    for one in islice(outcomes, PART):
        yield one
        if time.monotonic() > until:
            return


def _merged(parts: Path, order: Mapping[str, int]) -> pa.Table:
    """All parts as one table, in the corpus' order; an item that was predicted twice counts once."""
    rows: dict[tuple[str, float], Row] = {}
    for path in sorted(parts.glob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            if row["id"] in order:
                rows[(row["id"], row["start"])] = row
    return table_of([rows[key] for key in sorted(rows, key=lambda key: (order[key[0]], key[1]))])


def _frames(items: Any, done: set[str]) -> pa.Table:
    """The frames of every item that was predicted."""
    found = []
    for item in items:
        if item["id"] in done:
            try:
                found.append(laid_out(item))
            except ClipError as error:
                raise DataError(f"{item['video']}: was predicted, but is not there any more ({error})") from error
    return pa.concat_tables(found) if found else FRAMES.empty_table()
