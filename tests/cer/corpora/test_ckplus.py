from pathlib import Path

import pandas as pd
import pytest

from cer.corpora import corpus
from cer.errors import DataError
from tests.cer.corpora.images import image


def test_the_frames_of_a_sequence_are_one_item_in_their_order_even_where_one_lacks(tmp_path: Path) -> None:
    images = {level: image(level) for level in (10, 20, 30)}
    rows = [
        {"image": images[level], "label": label, "subject": "S1", "sequence": sequence, "frame": frame}
        for sequence, label in (("002", "contempt"), ("001", "fear"))
        for frame, level in ((12, 30), (10, 10), (11, 20))
    ]
    pd.DataFrame(rows[:-1]).to_parquet(tmp_path / "ckplus48.parquet")
    with pytest.raises(DataError, match="ckplus has no splits"):
        corpus("ckplus").rows(tmp_path, "test")
    first, second = corpus("ckplus").rows(tmp_path, None)
    assert (first["id"], first["label"], first["subject"], len(first["images"])) == ("S1_001", "Fear", "S1", 2)
    assert (second["id"], second["label"]) == ("S1_002", "Other")
    assert second["images"] == [images[level]["bytes"] for level in (10, 20, 30)]
