import numpy as np
import torch
from safetensors.numpy import load

from cer.train.sentence_reader import Corpus, Reader, calibrate, logits, train

_ANGRY = ("I hate you", "Get out of here now", "How dare you", "Shut up")
_GLAD = ("I love this", "What a lovely day", "I am so happy", "That is wonderful")


def corpus(angry: int, glad: int, seed: int = 0) -> Corpus:
    """So many angry and glad sentences, told apart by a number."""
    rng = np.random.default_rng(seed)
    texts = [f"{phrase}, {rng.integers(1000)}" for phrase in (*rng.choice(_ANGRY, angry), *rng.choice(_GLAD, glad))]
    return Corpus(texts, np.repeat([1, 4], [angry, glad]))


def accuracy(reader: Reader, corpus: Corpus) -> float:
    return float((logits(reader, corpus.texts).argmax(1) == corpus.emotions).mean())


def test_a_rare_class_is_not_starved_by_a_frequent_one() -> None:
    lopsided, even = corpus(300, 15), corpus(40, 40, seed=1)
    reader = train([lopsided], epochs=4, most_tokens=16)
    result = logits(reader, even.texts).argmax(1)
    assert (result[40:] == 4).mean() > 0.9
    assert (result[:40] == 1).mean() > 0.9


def test_the_adapter_as_a_file_gives_the_embeddings_it_was_trained_with() -> None:
    from cer.models.checkpoints import MINILM
    from cer.models.runtime import tensors

    reader = train([corpus(60, 60)], epochs=2, most_tokens=16)
    plain, changes = tensors(MINILM), load(reader.adapter())
    assert {name.rpartition(".")[2] for name in changes} == {"up", "down"}
    merged = Reader(torch.ones(8, dtype=torch.bool), 8, 16).eval()
    assert not np.allclose(merged.embed(["no"]).detach(), reader.embed(["no"]).detach(), atol=1e-3)
    for name, module in merged.bert.named_modules():
        if f"{name}.weight.up" in changes:
            weight = plain[f"{name}.weight"] + changes[f"{name}.weight.up"] @ changes[f"{name}.weight.down"]
            module.kept.weight.data = module.kept.weight.new_tensor(weight)
    np.testing.assert_allclose(merged.embed(["no"]).detach(), reader.embed(["no"]).detach(), atol=1e-5)


def test_a_temperature_is_fitted_and_the_answer_is_a_distribution() -> None:
    unseen = corpus(30, 30, seed=2)
    reader = train([corpus(60, 60)], epochs=2, most_tokens=16)
    result = calibrate(reader, unseen.texts, unseen.emotions, unseen.prior)
    np.testing.assert_allclose(result.sum(1), 1, atol=1e-5)
    assert float(reader.head.temperature) != 1


def test_texts_are_varied_drawn_and_weighed() -> None:
    rng = np.random.default_rng(0)
    shouted = Corpus(["a", "b", "c"], np.array([1, 4, 4]), 0.5, drawn=2, vary=lambda text, rng: text.upper())
    rows = list(shouted.epoch(rng))
    assert len(rows) == 2
    assert all(text in "ABC" and weight == 0.5 for text, _, _, weight in rows)
    np.testing.assert_allclose(np.exp(rows[0][2])[[1, 4]], [1 / 3, 2 / 3], rtol=1e-6)


def test_the_same_seed_gives_the_same_reader() -> None:
    made = corpus(20, 20)
    first, second = (logits(train([made], epochs=1, seed=3, most_tokens=16), made.texts) for _ in range(2))
    np.testing.assert_array_equal(first, second)
