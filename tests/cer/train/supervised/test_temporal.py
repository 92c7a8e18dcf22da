from pathlib import Path

import numpy as np
import pytest
import torch

from cer.corpora import corpus
from cer.errors import DataError
from cer.labels import EMOTIONS
from cer.results.analysis import Analysis
from cer.train.supervised import temporal
from cer.train.supervised.temporal import Watched, padded, save_folds, train, train_folds
from eval.temporal import FEATURES, features_of, load_folds, predict


def clips(count: int, classes: int = 3) -> list[Watched]:
    """Made clips of 2 to 6 segments whose class shows in one column of a part of the segments."""
    rng = np.random.default_rng(0)
    made = []
    for number in range(count):
        features = rng.standard_normal((2 + number % 5, FEATURES)).astype(np.float32) * 0.2
        features[0, 10 * (number % classes) : 10 * (number % classes) + 10] += 3
        made.append(Watched(features, number % classes, f"person {number // classes}", f"hash {number}"))
    return made


def test_both_encoders_learn_and_padding_changes_nothing() -> None:
    sequences = clips(30)
    values, mask, labels = padded(sequences)
    for encoder in train(sequences, 3):
        with torch.no_grad():
            together = encoder(values, mask)
        mean = (together.softmax(2) * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        assert (mean.argmax(1) == labels).float().mean() > 0.9
        for row, each in enumerate(sequences[:5]):
            length = len(each.features)
            with torch.no_grad():
                alone = encoder(torch.from_numpy(each.features)[None], torch.ones(1, length))
            torch.testing.assert_close(together[row, :length], alone[0], atol=1e-4, rtol=1e-3)


def test_no_clip_is_predicted_by_what_has_seen_its_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(temporal, "STEPS", 1)
    sequences = clips(30)
    folds = train_folds(sequences, 3)
    assert len(folds) == 5
    for each in sequences:
        others = {other.sha256 for other in sequences if other.group == each.group}
        left_out = [fold for fold in folds if each.sha256 not in fold.trained_on]
        assert len(left_out) == 1
        assert not others & left_out[0].trained_on
        np.testing.assert_array_equal(
            predict(folds, each.features, each.sha256), predict(left_out, each.features, "another")
        )
    everywhere = [fold for fold in folds if "hash 0" in fold.trained_on]
    with pytest.raises(DataError, match="hash 0"):
        predict(everywhere, sequences[0].features, "hash 0")


def test_people_of_one_group_cannot_be_left_out() -> None:
    with pytest.raises(DataError, match="at least two"):
        train_folds(clips(3), 3)


def test_encoders_survive_their_file_and_other_labels_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporal, "STEPS", 2)
    sequences = clips(9, 8)
    folds = train_folds(sequences, len(EMOTIONS))
    save_folds(folds, EMOTIONS, tmp_path)
    loaded = load_folds(tmp_path, EMOTIONS)
    assert [fold.trained_on for fold in loaded] == [fold.trained_on for fold in folds]
    features = sequences[0].features
    np.testing.assert_allclose(predict(loaded, features, "new"), predict(folds, features, "new"), atol=1e-6)
    with pytest.raises(DataError, match="not yes, no"):
        load_folds(tmp_path, ("yes", "no"))
    with pytest.raises(DataError, match=r"cer\.train\.supervised\.temporal"):
        load_folds(tmp_path / "nowhere", EMOTIONS)


def test_features_are_zero_where_a_modality_is_absent(analysis: Analysis) -> None:
    features = features_of(analysis)
    assert features.shape == (len(analysis.segments), FEATURES)
    assert not np.isnan(features).any()
    assert np.abs(features[:, :256]).max() > 0.1


def test_a_corpus_of_texts_is_refused() -> None:
    with pytest.raises(DataError, match="meld"):
        temporal.read(corpus("meld"), Path("nowhere"), None)
