from pathlib import Path

import numpy as np
import pytest

from cer.models.checkpoints import own
from cer.perception import lexicon as reading
from cer.train.lexicon import OUT_OF_REACH, Corpus, content, fit, tempered

_ANGRY = ("the man shouts with furrowed brows", "a furious man shouts", "she shouts, her brows furrowed")
_GLAD = ("the woman smiles warmly", "a broad smile on her face", "he smiles, a broad smile")


_SAD = ("the woman weeps", "tears on his cheeks, he weeps", "she weeps with her head down")


def corpus(angry: int, glad: int, sad: int) -> Corpus:
    texts = [group[k % 3] for group, count in ((_ANGRY, angry), (_GLAD, glad), (_SAD, sad)) for k in range(count)]
    return Corpus(texts, np.repeat([1, 4, 5], [angry, glad, sad]))


def test_a_rare_class_is_not_starved_by_a_frequent_one() -> None:
    result = fit([corpus(300, 6, 60)]).logits(["the man shouts", "a warm smile", "quantum flux capacitors"])
    assert result[0, 1] > result[0, 4]
    assert result[1, 4] > result[1, 1]
    assert abs(result[2, 1] - result[2, 4]) < 2  # unknown words: a prior of 50 to 1 would be 3.9
    assert (result[:, [0, 2]] == OUT_OF_REACH).all()


def test_a_lexicon_at_temperature_two_is_as_right_and_less_sure_and_survives_its_file(tmp_path: Path) -> None:
    warm = fit([corpus(30, 30, 30)])
    mild = tempered(warm, 2.0)
    (tmp_path / "one.safetensors").write_bytes(content(mild))
    stored = reading.load(own(tmp_path / "one.safetensors", "lexicon"))
    texts = ["the man shouts", "a broad smile"]
    np.testing.assert_allclose(stored.logits(texts), mild.logits(texts))
    np.testing.assert_allclose(mild.logits(texts)[:, [1, 4, 5]], warm.logits(texts)[:, [1, 4, 5]] / 2, rtol=1e-5)
    assert (mild.logits(texts)[:, 0] == OUT_OF_REACH).all()


def test_two_classes_and_texts_without_a_common_word_are_refused() -> None:
    with pytest.raises(ValueError, match="three emotions"):
        fit([corpus(5, 5, 0)])
    with pytest.raises(ValueError, match="no term"):
        fit([Corpus(["one", "two", "three"], np.array([1, 4, 5]))])
