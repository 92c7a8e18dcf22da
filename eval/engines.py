"""Who predicts: this process, or the workers of a Ray cluster. The results are the same."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from cer.corpora import corpus as find
from cer.corpora.base import Corpus
from cer.errors import DataError
from eval.predict import Skipped, predict
from eval.tables import Row

_RAY_BATCH = 4  # items that go to a worker at once


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


class _Worker:
    """A Ray actor: it holds the models once they are loaded."""

    def __init__(self, name: str, items: Any, profile: str) -> None:
        self.corpus, self.items, self.profile = find(name), items, profile

    def __call__(self, batch: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        outcomes = [outcome(self.corpus, self.items[int(index)], self.profile) for index in batch["index"]]
        # As text: an Arrow block needs one type for all rows, and a list of floats may be null here and there.
        return {"outcome": np.array([json.dumps([outcome.id, outcome.rows, outcome.reason]) for outcome in outcomes])}


def ray(corpus: Corpus, items: Any, rows: list[int], profile: str, workers: int) -> Iterator[Outcome]:
    """The items spread over a Ray cluster by Ray Data (the one that RAY_ADDRESS names, else this machine): one actor a
    GPU, or `workers` actors. Files must be reachable under the same path from every node.

    Raises DataError when Ray is not installed.
    """
    try:
        import ray as cluster
        import ray.data as dataset
    except ImportError as error:
        raise DataError("--engine ray needs Ray: pip install -r requirements-dev.txt") from error
    if not rows:
        return
    if not cluster.is_initialized():
        own = None if os.environ.get("RAY_ADDRESS") else workers or None  # a cluster has its own number of cores
        cluster.init(log_to_driver=False, include_dashboard=False, num_cpus=own)
    dataset.DataContext.get_current().enable_progress_bars = False
    gpus = int(cluster.cluster_resources().get("GPU", 0))
    count = workers or gpus or int(cluster.cluster_resources()["CPU"])
    done = dataset.from_items([{"index": index} for index in rows]).map_batches(
        _Worker,
        fn_constructor_args=(corpus.name, items, profile),
        batch_size=_RAY_BATCH,
        compute=dataset.ActorPoolStrategy(size=count),
        num_gpus=1 if gpus else 0,
        num_cpus=0.5,
    )
    for row in done.iter_rows():
        yield Outcome(*json.loads(row["outcome"]))


ENGINES: Mapping[str, Callable[[Corpus, Any, list[int], str, int], Iterator[Outcome]]] = {"local": local, "ray": ray}
