from pathlib import Path

import pandas as pd
import pytest

from cer.corpora import corpus, ravdess

SOUND = {"bytes": b"fLaC", "path": "a.flac"}


def test_the_prior_is_that_of_an_actors_sixty_recordings() -> None:
    assert sum(ravdess.PRIOR.values()) == pytest.approx(1)
    assert ravdess.PRIOR["Neutral"] == pytest.approx((4 + 8) / 60)  # neutral and calm
    assert ravdess.PRIOR["Fear"] == pytest.approx(8 / 60)


def test_unseen_actors_are_read_where_they_are_at_hand(tmp_path: Path) -> None:
    for name, actor in (("ravdess-actors01-20", 1), ("ravdess-actors21-24", 21)):
        table = pd.DataFrame({"audio": [SOUND], "label": ["calm"], "actor": [actor]})
        table.to_parquet(tmp_path / f"{name}.parquet")
    assert list(corpus("ravdess").rows(tmp_path, None)["speaker"]) == [21]
    (tmp_path / "ravdess-actors21-24.parquet").unlink()
    assert list(corpus("ravdess").rows(tmp_path, None)["speaker"]) == [1]
