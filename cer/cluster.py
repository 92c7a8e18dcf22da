"""Work spread over a Ray cluster by Ray Data: streamed, with as many tasks at work as there are workers."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from cer.errors import DataError

Task = TypeVar("Task")


class _Worker:
    """A Ray actor: the models are loaded by its first task and stay."""

    def __init__(self, work: Callable[[Task], Any], tasks: Sequence[Task]) -> None:
        self.work, self.tasks = work, tasks

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        results = [self.work(self.tasks[int(number)]) for number in batch["number"]]
        # As text: an Arrow block needs one type for all rows, and a list of floats may be null here and there.
        return {"number": batch["number"], "result": np.array([json.dumps(each) for each in results])}


def spread_by_ray(work: Callable[[Task], Any], tasks: Sequence[Task], workers: int) -> Iterator[tuple[int, Any]]:
    """The number of each task and its result, in the order they end, from the cluster that RAY_ADDRESS names, else from
    this machine.

    Args:
        work: can be pickled, raises nothing, and returns what JSON holds.
        tasks: files that they name must be reachable under the same name from every node.
        workers: actors; 0 for one a GPU, or a processor where there is none.

    Raises:
        DataError: Ray is not installed.
    """
    try:
        import ray as cluster
        import ray.data as dataset
    except ImportError as error:
        raise DataError("--engine ray needs Ray: pip install 'compound-expressions[ray]'") from error
    if not tasks:
        return
    if not cluster.is_initialized():
        own = None if os.environ.get("RAY_ADDRESS") else workers or None  # a cluster has its own number of cores
        cluster.init(log_to_driver=False, include_dashboard=False, num_cpus=own)
    dataset.DataContext.get_current().enable_progress_bars = False
    gpus = int(cluster.cluster_resources().get("GPU", 0))
    count = workers or gpus or int(cluster.cluster_resources()["CPU"])
    done = dataset.from_items([{"number": number} for number in range(len(tasks))]).map_batches(
        _Worker,
        fn_constructor_args=(work, list(tasks)),
        batch_size=1,
        compute=dataset.ActorPoolStrategy(size=count),
        num_gpus=1 if gpus else 0,
        num_cpus=0.5,
    )
    for row in done.iter_rows():
        yield int(row["number"]), json.loads(row["result"])
