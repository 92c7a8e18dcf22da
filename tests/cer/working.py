"""Work for `cer.pool` in tests: a worker imports it by name."""

import os
import signal
import time
from pathlib import Path


def square(number: int) -> int:
    return number * number


def pinned_to(number: int) -> tuple[int, list[int]]:
    return os.getpid(), sorted(os.sched_getaffinity(0))


def die_once(task: tuple[int, str]) -> int:
    """Ends its process the first time that it has the task, and every time for number 3."""
    number, folder = task
    mark = Path(folder) / str(number)
    first = not mark.exists()
    mark.touch()
    if number == 3 or (number == 1 and first):
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def outlive_the_driver(driver: int) -> int:
    while os.getppid() == driver:
        time.sleep(0.01)
    return driver
