"""Who predicts: this process, or the workers of a Ray cluster. The results are the same."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cer.cluster import spread_by_ray
from cer.corpora import corpus as find
from cer.corpora.base import Corpus
from eval.predict import Skipped, predict
from eval.tables import Row


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an item: rows of predictions, or the reason why there are none."""

    id: str
    rows: list[Row]
    reason: str | None


def outcome(corpus: Corpus, item: Mapping[str, Any], profile: str) -> Outcome:
    try:
        rows = predict(corpus, item, profile)
    except Skipped as reason:
        return Outcome(item["id"], [], str(reason))
    plain = [{name: v.tolist() if isinstance(v, np.ndarray) else v for name, v in row.items()} for row in rows]
    return Outcome(item["id"], plain, None)


def local(corpus: Corpus, items: Any, rows: list[int], profile: str, workers: int) -> Iterator[Outcome]:
    """One item after the other, in this process."""
    for index in rows:
        yield outcome(corpus, items[index], profile)


@dataclass(frozen=True, slots=True)
class _Work:
    """What a Ray actor does with the number of an item."""

    corpus: str
    items: Any
    profile: str

    def __call__(self, index: int) -> list[Any]:
        done = outcome(find(self.corpus), self.items[index], self.profile)
        return [done.id, done.rows, done.reason]


def ray(corpus: Corpus, items: Any, rows: list[int], profile: str, workers: int) -> Iterator[Outcome]:
    """The items spread over a Ray cluster (the one that RAY_ADDRESS names, else this machine): one actor a GPU, or
    `workers` actors. Files must be reachable under the same path from every node.

    Raises DataError when Ray is not installed.
    """
    for _, parts in spread_by_ray(_Work(corpus.name, items, profile), rows, workers):
        yield Outcome(*parts)


ENGINES: Mapping[str, Callable[[Corpus, Any, list[int], str, int], Iterator[Outcome]]] = {"local": local, "ray": ray}
