import numpy as np
import pytest

from cer.modalities.base import Prediction, SegmentPrediction, absent, collect, join, softmax


def distribution(*head: float) -> np.ndarray:
    return np.array([*head, *[0.0] * (8 - len(head))], np.float32)


def test_answers_become_rows_and_reasons() -> None:
    result = collect([SegmentPrediction(distribution(0.5, 0.5), np.ones(3), "said"), "no face"], 3)
    assert result.present.tolist() == [True, False]
    assert result.reasons == (None, "no face")
    assert result.notes == ("said", "")
    assert np.isnan(result.probabilities[1]).all()
    assert result.embedding is not None
    assert np.isnan(result.embedding[1]).all()


@pytest.mark.parametrize(
    ("probabilities", "present", "reasons"),
    [
        (distribution(0.5, 0.4)[None], [True], (None,)),  # sums to 0.9
        (distribution(1.5, -0.5)[None], [True], (None,)),  # negative
        (distribution(1.0)[None], [False], ("no face",)),  # absent, yet it says something
        (distribution(1.0)[None], [True], ("no face",)),  # present, yet with a reason
        (distribution(1.0)[None, :7], [True], (None,)),  # seven classes
    ],
)
def test_a_wrong_prediction_fails_at_its_own_door(
    probabilities: np.ndarray, present: list[bool], reasons: tuple[str | None, ...]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        Prediction(probabilities, np.array(present), None, reasons)


def test_blocks_join_even_when_one_had_no_embedding() -> None:
    first = collect([SegmentPrediction(distribution(1.0), np.arange(4.0))], 4)
    joined = join([first, absent(2, "no speech"), first])
    assert len(joined) == 4
    assert joined.embedding is not None
    assert joined.embedding.shape == (4, 4)
    assert np.isnan(joined.embedding[1:3]).all()
    assert joined.reasons == (None, "no speech", "no speech", None)


def test_softmax_by_hand_and_without_overflow() -> None:
    np.testing.assert_allclose(softmax(np.log([[1.0, 3.0]])), [[0.25, 0.75]], atol=1e-6)
    np.testing.assert_allclose(softmax(np.array([1000.0, 1000.0])), [0.5, 0.5])
