from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from cer.models.checkpoints import own
from cer.perception.text_encoder import encode


def test_embeddings_are_those_of_the_library_the_model_was_made_with() -> None:
    from sentence_transformers import SentenceTransformer

    from cer.models.checkpoints import MINILM, locate

    texts = ["I am so happy for you!", "no", "The person looks tense, with furrowed brows. " * 4]
    reference = SentenceTransformer(str(locate(MINILM).parent), device="cpu").encode(texts)
    np.testing.assert_allclose(encode(texts), reference, atol=2e-5)


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
