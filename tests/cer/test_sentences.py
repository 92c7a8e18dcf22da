import numpy as np

from cer.sentences import encode


def test_embeddings_are_those_of_the_library_the_model_was_made_with() -> None:
    from sentence_transformers import SentenceTransformer

    from cer.checkpoints import MINILM, locate

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
