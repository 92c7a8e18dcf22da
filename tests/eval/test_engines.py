import json
from pathlib import Path

import pytest

from eval.run import Request, run


def test_ray_with_two_workers_equals_one_process(texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")
    monkeypatch.setenv("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    here = run(Request("meld", texts, tmp_path / "here"), quiet=True)
    try:
        spread = run(Request("meld", texts, tmp_path / "ray", engine="ray", workers=2), quiet=True)
    finally:
        ray.shutdown()
    assert json.dumps(spread) == json.dumps(here)
    assert here["n"] == 16
    item, other = ((tmp_path / name / "predictions.parquet").read_bytes() for name in ("here", "ray"))
    assert item == other
