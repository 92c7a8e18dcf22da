import numpy as np
import pytest

from cer.models.checkpoints import E5, installed, locate
from cer.models.e5 import load
from cer.perception.multilingual_encoder import LAYERS, WIDTH, encode, pieces

pytestmark = pytest.mark.skipif(not installed(E5), reason="multilingual-e5-small is not installed (extra languages)")


def test_a_sentence_is_nearer_to_its_translation_than_to_another_sentence() -> None:
    texts = ["I am so happy to see you!", "Ich freue mich so, dich zu sehen!", "很高兴见到你", "Der Zug ist zu spät."]
    last = encode(texts).reshape(len(texts), len(LAYERS), -1)[:, -1]
    similar = last @ last.T
    assert similar[0, 1] > 0.9
    assert similar[0, 2] > 0.88
    assert similar[0, 3] < 0.85


def test_each_layer_has_unit_length_and_the_company_of_a_text_does_not_change_it() -> None:
    texts = ["Ciao!", "Una frase molto più lunga, che riempie di spazio la prima.", ""]
    together = encode(texts)
    assert together.shape == (3, WIDTH)
    np.testing.assert_allclose(np.linalg.norm(together.reshape(3, len(LAYERS), -1), axis=2), 1, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([encode([text]) for text in texts]), together, atol=1e-4)


def test_text_is_normalized_and_cut_as_the_model_was_trained() -> None:
    network = load(locate(E5))
    words = [network.pieces[number][0] for number in pieces("\uff27ood   morning")]
    assert words[0] == "<s>"
    assert words[-1] == "</s>"
    assert words[1:-1] == ["▁que", "ry", ":", "▁Good", "▁morning"]
    assert len(pieces("word " * 1000)) == 128
