"""Work on a Ray cluster; `tests/cer/archive/test_annotate.py` spreads real clips over one."""

import json
import sys

import numpy as np
import pytest

from cer.cluster import _Worker, spread_by_ray
from cer.errors import DataError


def test_a_worker_does_the_tasks_of_its_numbers() -> None:
    worker = _Worker(lambda task: {"squared": task * task, "none": None}, [2, 3, 5])
    batch = worker({"number": np.array([2, 0])})
    assert batch["number"].tolist() == [2, 0]
    assert [json.loads(text)["squared"] for text in batch["result"]] == [25, 4]


def test_without_ray_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(DataError, match=r"pip install .*\[ray\]"):
        list(spread_by_ray(str, [1], 1))


def test_no_tasks_start_no_cluster() -> None:
    ray = pytest.importorskip("ray")
    before = ray.is_initialized()
    assert list(spread_by_ray(str, [], 1)) == []
    assert ray.is_initialized() == before
