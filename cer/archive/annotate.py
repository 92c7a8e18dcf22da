"""`cer annotate`: every clip of an archive, by processes of this machine or of a Ray cluster, into one dataset.

What is done is not done again: a clip is recorded by its id and version, so a run that was killed, or a source that
grew, goes on where it was. Parts are the same whoever computes them, row for row.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from cer import __version__
from cer.archive.destination import Destination
from cer.archive.sources import Item, fetched, items_of, shard
from cer.archive.tables import TABLES, Rows, columns_in_words, failed, rows_of
from cer.cluster import spread_by_ray
from cer.errors import CerError, DataError
from cer.modalities.registry import DEFAULT, modalities, resolve_profile
from cer.names import printable
from cer.pipeline import analyze, models_of
from cer.pool import DIED, Died, processors, spread

PART = 25  # clips whose rows are written at once: the most that a kill costs, beside those at work


@dataclass(frozen=True, slots=True)
class Job:
    """A clip and how to analyze it."""

    item: Item
    profile: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: clips that were annotated, clips that failed, and those that were done before, some in vain."""

    done: int
    failed: int
    before: int
    failed_before: int


def annotate_clip(job: Job) -> Rows:
    """The rows of one clip; those of a failure where it cannot be analyzed, whatever the reason."""
    try:
        with fetched(job.item) as path:
            return rows_of(job.item, analyze(path, profile=job.profile))
    except CerError as error:
        return failed(job.item, printable(str(error)))
    except OSError as error:
        return failed(job.item, f"cannot be read: {error.strerror or type(error).__name__}")
    except Exception as error:  # a fault of ours or of a library: it costs this clip, and is told
        return failed(job.item, f"a fault: {type(error).__name__}")


def local(jobs: Sequence[Job], workers: int) -> Iterator[tuple[int, Rows]]:
    """By processes of this machine; the number of each job and its rows, in the order they end."""
    for number, rows in spread(annotate_clip, jobs, workers or len(processors())):
        yield number, failed(jobs[number].item, DIED) if isinstance(rows, Died) else rows


def by_ray(jobs: Sequence[Job], workers: int) -> Iterator[tuple[int, Rows]]:
    """By the workers of a Ray cluster."""
    return spread_by_ray(annotate_clip, jobs, workers)


ENGINES: Mapping[str, Callable[[Sequence[Job], int], Iterator[tuple[int, Rows]]]] = {"local": local, "ray": by_ray}


def annotate(
    source: str,
    out: str,
    *,
    profile: str = DEFAULT,
    workers: int = 0,
    engine: str = "local",
    part_of: tuple[int, int] = (1, 1),
    retry: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> Outcome:
    """Analyze every clip of a source that is not in `out` yet, as it is now.

    Args:
        source: a folder, a pattern, a list of clips, or an address that fsspec knows. Rows of Parquet and Arrow files
            with a column of videos or sounds are clips as well.
        out: a folder or such an address, for a dataset in parquet.
        profile: which models serve the modalities, as in `analyze`.
        workers: processes; 0 for one a processor.
        engine: "local" or "ray". It changes no row.
        part_of: (i, n): the i-th of n shards only, from 1. Shards may share `out`.
        retry: try again what failed before.
        report: called with a line about the progress.

    Raises:
        DataError: The source cannot be read or holds no clips, or `out` cannot be written.
    """
    if workers < 0:
        raise DataError(f"--jobs {workers}: must be at least 1, or 0 for one a processor.")
    profile = resolve_profile(profile)
    items = shard(items_of(source), *part_of)
    place = Destination(out)
    if part_of == (1, 1):
        place.sweep()  # another shard's part may be being written
    place.made_by({model.name: model.sha256 for model in models_of(modalities(profile))})
    recorded = place.finished()
    missing, outdated = _missing(items, recorded, retry)
    place.forget(outdated)
    before, count, failures, started = len(items) - len(missing), 0, 0, time.monotonic()
    for name, rows in _in_parts(missing, profile, ENGINES[engine], workers):
        place.write(name, rows)
        count += len(rows)
        for failure in (failure for each in rows for failure in each["failures"]):
            failures += 1
            report(printable(f"{failure['id']}: {failure['reason']}"))
        left = (time.monotonic() - started) / count * (len(missing) - count)
        report(f"{count} of {len(missing)} clips, {failures} failed, {left / 60:.1f} min left")
    place.write_text("README.md", card(place, profile))
    chosen = {item.id for item in items} - {item.id for item in missing}
    return Outcome(count - failures, failures, before, sum(recorded[name][2] for name in chosen))


def _missing(
    items: Sequence[Item], recorded: Mapping[str, tuple[str, str, bool]], retry: bool
) -> tuple[list[Item], dict[str, str]]:
    """The items that have no rows of their version, and those of them that have rows already, with their part."""
    missing = []
    for item in items:
        version, _, failure = recorded.get(item.id, ("", "", False))
        if version != item.version or (failure and retry):
            missing.append(item)
    return missing, {item.id: recorded[item.id][1] for item in missing if item.id in recorded}


def _in_parts(
    items: Sequence[Item],
    profile: str,
    engine: Callable[[Sequence[Job], int], Iterator[tuple[int, Rows]]],
    workers: int,
) -> Iterator[tuple[str, list[Rows]]]:
    """Name and rows of each part as soon as its last clip is done: PART neighbours of the list, in its order."""
    collected: dict[int, dict[int, Rows]] = {}
    for number, rows in engine([Job(item, profile) for item in items], workers):
        part = collected.setdefault(number // PART, {})
        part[number] = rows
        members = items[number // PART * PART : (number // PART + 1) * PART]
        if len(part) == len(members):
            yield _part_name(members), [part[member] for member in sorted(part)]
            del collected[number // PART]


def _part_name(items: Sequence[Item]) -> str:
    """A name that depends on the clips only."""
    digest = hashlib.sha256("\n".join(f"{item.id}\t{item.version}" for item in items).encode())
    return f"{digest.hexdigest()[:16]}.parquet"


def card(place: Destination, profile: str) -> str:
    """The dataset's card: how to open each table, which models made it, and what it must not be used for."""
    counts = place.finished()
    failures = sum(failure for _, _, failure in counts.values())
    filled = [name for name in TABLES if place.parts(name)]  # `datasets` knows no table without rows
    configs = "\n".join(f"- config_name: {name}\n  data_files: {name}/*.parquet" for name in filled)
    models = "\n".join(
        f"| {model.modality} | {model.name} | {model.revision} | `{model.sha256}` |"
        for model in models_of(modalities(profile))
    )
    return f"""---
configs:
{configs}
tags:
- compound-expression-recognition
---

# Compound expressions of {len(counts)} clips

Made by CER {__version__}, profile `{profile}`. Clips that could not be analyzed: {failures}.

Guesses about displayed expression, not about what anybody feels. Faces, voices and words are personal data: whoever
publishes this needs the consent of the people in the clips.

`clips` has a row for every clip; the other tables refer to it by `id`. {columns_in_words()} Null where absent.

```python
from datasets import load_dataset
segments = load_dataset("path/to/this", "segments", split="train")
```

| modality | model | revision | SHA-256 |
|---|---|---|---|
{models}
"""


def in_a_line(outcome: Outcome, out: str) -> str:
    """What a run came to, in a sentence."""
    before = f"{outcome.before} done before"
    if outcome.failed_before:
        before += f" ({outcome.failed_before} of them failed; --retry tries them again)"
    return f"{out}: {outcome.done} clips annotated, {outcome.failed} failed, {before}"


def shard_of(text: str) -> tuple[int, int]:
    """ "2/5" as (2, 5). Raises DataError."""
    try:
        number, count = map(int, text.split("/"))
    except ValueError:
        raise DataError(f"--shard {text}: give it as 2/5, the second of five.") from None
    return number, count
