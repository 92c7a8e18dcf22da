import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cer.pool import Died, processors, shares, spread
from tests.cer.working import die_once, pinned_to, square

ROOT = Path(__file__).parents[2]


def test_every_task_is_done_once_whatever_the_number_of_workers() -> None:
    for jobs in (1, 2, 5):
        assert sorted(spread(square, list(range(7)), jobs)) == [(n, n * n) for n in range(7)]
    assert list(spread(square, [], 3)) == []


def test_a_worker_that_dies_costs_nothing_and_a_task_that_kills_twice_is_given_up(tmp_path: Path) -> None:
    tasks = [(number, str(tmp_path)) for number in range(6)]
    results = dict(spread(die_once, tasks, 2))
    assert results == {0: 0, 1: 1, 2: 2, 3: Died(), 4: 4, 5: 5}


@pytest.mark.skipif(sys.platform != "linux", reason="processes cannot be pinned here")
def test_workers_have_processors_of_their_own_where_there_are_enough() -> None:
    every = processors()
    places = dict(result for _, result in spread(pinned_to, list(range(8)), 2))  # type: ignore[misc]
    assert all(set(pinned) <= set(every) for pinned in places.values())
    if len(every) > 1:
        first, second = shares(2)
        assert not set(first) & set(second)
        assert sorted(first + second) == every


def test_more_workers_than_processors_share_them() -> None:
    every = processors()
    assert [len(pinned) for pinned in shares(len(every) + 2)] == [1] * (len(every) + 2)


def test_leaving_early_ends_the_workers() -> None:
    results = spread(square, list(range(100)), 2)
    next(results)
    results.close()  # type: ignore[attr-defined]


def test_a_worker_whose_driver_is_killed_ends_without_a_word() -> None:
    driver = (
        "import os, signal\n"
        "from cer.pool import _Worker, processors\n"
        "from tests.cer.working import outlive_the_driver\n"
        "_Worker(outlive_the_driver, processors()).pipe.send(os.getpid())\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", driver], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (-signal.SIGKILL, "")
