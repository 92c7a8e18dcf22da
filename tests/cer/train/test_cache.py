from pathlib import Path

import numpy as np

from cer.perception.face_encoder import SIDE
from cer.train import cache


def test_faces_are_read_once(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (3, SIDE, SIDE, 3)).astype(np.uint8)
    first = cache.expressions(images, tmp_path)
    (file,) = tmp_path.iterdir()
    stamp = file.stat().st_mtime_ns
    again = cache.expressions(images, tmp_path)
    np.testing.assert_array_equal(first.embeddings, again.embeddings)
    np.testing.assert_array_equal(first.quality, again.quality)
    assert file.stat().st_mtime_ns == stamp
    cache.expressions(images[:2], tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
