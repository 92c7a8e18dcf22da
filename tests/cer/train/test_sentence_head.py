import numpy as np

from cer.train.sentence_head import Corpus, logits, train


def corpus(counts: dict[int, int], seed: int = 0) -> Corpus:
    """Embeddings scattered around one direction per emotion, as many as asked for."""
    rng = np.random.default_rng(seed)
    emotions = np.repeat(list(counts), list(counts.values()))
    embeddings = 0.6 * np.eye(384)[emotions] + 0.05 * rng.normal(size=(len(emotions), 384))
    return Corpus(embeddings.astype(np.float32), emotions)


def test_a_rare_class_is_not_starved_by_a_frequent_one() -> None:
    lopsided = corpus({1: 2000, 3: 40})
    head = train([lopsided], epochs=6)
    between = (corpus({1: 200}, 1).embeddings + corpus({3: 200}, 2).embeddings) / 2
    found = logits(head, between)
    # exactly between both, a head that kept the prior would lean to the frequent one by log(50) = 3.9
    assert abs(float((found[:, 3] - found[:, 1]).mean())) < 1
    fresh = corpus({1: 50, 3: 50}, 3)
    assert (logits(head, fresh.embeddings)[:, [1, 3]].argmax(1) * 2 + 1 == fresh.emotions).mean() > 0.9


def test_the_same_seed_gives_the_same_head() -> None:
    made = corpus({0: 50, 4: 50})
    np.testing.assert_array_equal(
        logits(train([made], epochs=2, seed=3), made.embeddings),
        logits(train([made], epochs=2, seed=3), made.embeddings),
    )
