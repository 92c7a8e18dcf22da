"""Clips spread over a Ray cluster by Ray Data: streamed, with as many at work as there are workers."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from cer.archive.tables import Rows
from cer.errors import DataError

Job = TypeVar("Job")


class _Worker:
    """A Ray actor: the models are loaded by its first clip and stay."""

    def __init__(self, work: Callable[[Job], Rows], jobs: Sequence[Job]) -> None:
        self.work, self.jobs = work, jobs

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        rows = [self.work(self.jobs[int(number)]) for number in batch["number"]]
        # As text: an Arrow block needs one type for all rows, and a list of floats may be null here and there.
        return {"number": batch["number"], "rows": np.array([json.dumps(each) for each in rows])}


def spread_by_ray(work: Callable[[Job], Rows], jobs: Sequence[Job], workers: int) -> Iterator[tuple[int, Rows]]:
    """The number of each job and its rows, in the order they end.

    Args:
        work: what becomes of a clip; raises nothing.
        jobs: clips; their addresses must be the same from every node.
        workers: actors; 0 for one a GPU, or a processor where there is none.

    Raises:
        DataError: Ray is not installed.
    """
    try:
        import ray as cluster
        import ray.data as dataset
    except ImportError as error:
        raise DataError("--engine ray needs Ray: pip install 'compound-expressions[ray]'") from error
    if not jobs:
        return
    if not cluster.is_initialized():
        own = None if os.environ.get("RAY_ADDRESS") else workers or None  # a cluster has its own number of cores
        cluster.init(log_to_driver=False, include_dashboard=False, num_cpus=own)
    dataset.DataContext.get_current().enable_progress_bars = False
    gpus = int(cluster.cluster_resources().get("GPU", 0))
    count = workers or gpus or int(cluster.cluster_resources()["CPU"])
    done = dataset.from_items([{"number": number} for number in range(len(jobs))]).map_batches(
        _Worker,
        fn_constructor_args=(work, list(jobs)),
        batch_size=1,
        compute=dataset.ActorPoolStrategy(size=count),
        num_gpus=1 if gpus else 0,
        num_cpus=0.5,
    )
    for row in done.iter_rows():
        yield int(row["number"]), json.loads(row["rows"])
