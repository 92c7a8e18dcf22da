"""Work spread over processes of this machine, each pinned to processors of its own and with its models loaded once.

A worker that dies takes one task with it and nothing else: another one takes its place, and the task is tried again.
"""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, get_context
from typing import Any, Generic, TypeVar

from cer.memory import limit_arenas

MAX_DEATHS = 2  # of workers over one task; then it is given up
DIED = "the process that analyzed it ended twice: killed, out of memory, or crashed by the clip"

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Died:
    """A task over which MAX_DEATHS workers died: killed, out of memory or crashed."""


def processors() -> list[int]:
    """The numbers of the processors that this process may use; of some system without that notion, as many numbers."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def shares(jobs: int) -> list[list[int]]:
    """Processors of each of `jobs` workers: apart from each other where there are enough."""
    every = processors()
    if jobs >= len(every):
        return [[every[number % len(every)]] for number in range(jobs)]
    return [every[number::jobs] for number in range(jobs)]


class _Worker(Generic[Task, Result]):
    """A process, the pipe to it, and which task it has."""

    def __init__(self, work: Callable[[Task], Result], pinned: list[int]) -> None:
        context = get_context("spawn")
        self.pinned = pinned
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(work, theirs, pinned), daemon=True)
        self.process.start()
        theirs.close()
        self.task: int | None = None

    def end(self) -> None:
        self.process.terminate()
        self.process.join()
        self.pipe.close()


def _serve(work: Callable[[Any], Any], pipe: Any, pinned: list[int]) -> None:
    """A worker's life, until the driver is gone. Ctrl-C at the terminal is the driver's to handle."""
    limit_arenas()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, pinned)
    while True:
        try:
            task = pipe.recv()
        except (EOFError, OSError):
            return
        result = work(task)
        try:
            pipe.send(result)
        except OSError:
            return


def spread(work: Callable[[Task], Result], tasks: Sequence[Task], jobs: int) -> Iterator[tuple[int, Result | Died]]:
    """Do every task in one of `jobs` processes; yields the number of each and its result, in the order they end.

    Args:
        work: a function of a module, which raises nothing; it is imported by each worker.
        tasks: arguments that can be pickled.
        jobs: processes.
    """
    waiting = deque(range(len(tasks)))
    deaths = [0] * len(tasks)
    crew = [_Worker(work, pinned) for pinned in shares(min(jobs, max(len(tasks), 1)))]
    try:
        for worker in crew:
            _hand_out(worker, waiting, tasks)
        while any(worker.task is not None for worker in crew):
            busy = {worker.pipe: worker for worker in crew if worker.task is not None}
            for pipe in connection.wait(list(busy)):
                worker = busy[pipe]  # type: ignore[index]
                number = worker.task
                assert number is not None
                try:
                    result = worker.pipe.recv()
                except (EOFError, OSError):
                    crew[crew.index(worker)] = worker = _replaced(worker, work)
                    deaths[number] += 1
                    if deaths[number] < MAX_DEATHS:
                        waiting.append(number)
                    else:
                        yield number, Died()
                else:
                    worker.task = None
                    yield number, result
                _hand_out(worker, waiting, tasks)
            for worker in crew:
                if worker.task is None:
                    _hand_out(worker, waiting, tasks)
    finally:
        for worker in crew:
            worker.end()


def _hand_out(worker: "_Worker[Task, Result]", waiting: "deque[int]", tasks: Sequence[Task]) -> None:
    if waiting:
        worker.task = waiting.popleft()
        worker.pipe.send(tasks[worker.task])


def _replaced(worker: "_Worker[Task, Result]", work: Callable[[Task], Result]) -> "_Worker[Task, Result]":
    worker.end()
    return _Worker(work, worker.pinned)
