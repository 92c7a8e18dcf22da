import numpy as np
import pytest

from cer.perception.lexicon import Lexicon, terms_of
from cer.perception.text_encoder import pieces


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    """Knows "smile", and "smile" after "broad"; rarities 1 and 2."""
    (smile,), (broad,) = pieces("smile"), pieces("broad")
    rarities = {terms_of([smile])[0]: 1.0, terms_of([broad, smile])[2]: 2.0}
    terms = np.array(sorted(rarities), np.int64)
    rarity = np.array([rarities[term] for term in terms.tolist()], np.float32)
    weights = np.zeros((2, 8), np.float32)
    weights[:, 4] = np.where(rarity == 2, 5.0, 1.0)
    return Lexicon(terms, rarity, weights, np.full(8, 0.5, np.float32))


def test_a_texts_terms_are_its_pieces_and_its_pairs_of_neighbors() -> None:
    assert len(terms_of([7, 8, 9])) == 5
    assert set(terms_of([7, 8])) & set(terms_of([8, 7])) == set(terms_of([7])) | set(terms_of([8]))
    assert len({*terms_of([0]), *terms_of([0, 0])}) == 2  # a pair of the first piece is not the piece
    assert terms_of([]) == []


def test_logits_by_hand(lexicon: Lexicon) -> None:
    result = lexicon.logits(["a broad smile", "smile smile", "nothing of it"])
    # values (1, 2) of the known terms, over their length sqrt(5): (1 x 1 + 2 x 5) / sqrt(5)
    assert result[0, 4] == pytest.approx(0.5 + 11 / np.sqrt(5), abs=1e-5)
    assert result[1, 4] == pytest.approx(1.5, abs=1e-5)  # one known term: its value is 1 however often it is said
    np.testing.assert_allclose(result[2], 0.5)
    assert lexicon.logits([]).shape == (0, 8)
