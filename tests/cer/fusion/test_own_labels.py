from pathlib import Path

import numpy as np
import pytest

from cer.errors import DataError
from cer.fusion.compound import Prototypes
from cer.fusion.own_labels import OwnLabels, fit, read_own_labels
from cer.labels import MODALITIES

CENTERS = {"static_face": np.zeros(2, np.float32), "audio": np.zeros(3, np.float32)}
WEIGHTS = {"static_face": 0.75, "audio": 0.25}


def weights(segments: int = 1) -> np.ndarray:
    return np.array([[WEIGHTS.get(name, 0.0) for name in MODALITIES]] * segments)


def own(temperature: float = 1.0) -> OwnLabels:
    means = np.array([[1, 0], [0, 1]], np.float32)
    return OwnLabels(
        ("tired", "proud"), {"static_face": Prototypes(np.zeros(2, np.float32), means, 1.0)}, {}, temperature
    )


def test_a_label_is_as_likely_as_its_examples_are_like_the_segment_by_hand() -> None:
    judged = own().judge({"static_face": np.array([[3.0, 4.0]])}, weights())
    odds = np.exp([0.6, 0.8])
    np.testing.assert_allclose(judged, [odds / odds.sum()], atol=1e-6)


def test_modalities_count_by_their_weight_and_a_segment_without_any_has_no_answer() -> None:
    both = OwnLabels(
        ("tired", "proud"),
        {
            **own().prototypes,
            "audio": Prototypes(np.zeros(3, np.float32), np.array([[1, 0, 0], [0, 1, 0]], np.float32), 1.0),
        },
        {},
        1.0,
    )
    face = np.array([[1.0, 0.0], [np.nan, np.nan], [np.nan, np.nan]])
    voice = np.array([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [np.nan] * 3])
    judged = both.judge({"static_face": face, "audio": voice}, weights(3))
    odds = np.exp([0.75, 0.25])
    np.testing.assert_allclose(judged[0], odds / odds.sum(), atol=1e-6)
    odds = np.exp([0.0, 1.0])
    np.testing.assert_allclose(judged[1], odds / odds.sum(), atol=1e-6)
    assert np.isnan(judged[2]).all()


def test_what_is_saved_is_what_is_read(tmp_path: Path) -> None:
    own(0.4).save(tmp_path / "own.safetensors")
    again = read_own_labels(tmp_path / "own.safetensors")
    assert again.labels == ("tired", "proud")
    assert again.temperature == 0.4
    np.testing.assert_array_equal(again.prototypes["static_face"].means, own().prototypes["static_face"].means)


@pytest.mark.parametrize("content", [b"", b"no tensors", b"\x00" * 64])
def test_another_file_is_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "own.safetensors").write_bytes(content)
    with pytest.raises(DataError, match="cer adapt"):
        read_own_labels(tmp_path / "own.safetensors")
    with pytest.raises(DataError, match="nowhere: cannot be read"):
        read_own_labels(tmp_path / "nowhere")


def examples(spread: float, count: int = 6) -> list[tuple[str, dict[str, np.ndarray]]]:
    rng = np.random.default_rng(0)
    made = []
    for label, place in (("tired", [1.0, 0.0]), ("proud", [0.0, 1.0])):
        made += [(label, {"static_face": np.array(place) + spread * rng.standard_normal(2)}) for _ in range(count)]
    return made


def test_clear_examples_make_sure_answers_and_mixed_ones_unsure_ones() -> None:
    clear, mixed = (fit(examples(spread), CENTERS, WEIGHTS, {}) for spread in (0.05, 3.0))
    assert clear.temperature < mixed.temperature
    np.testing.assert_allclose(clear.prototypes["static_face"].means, [[1, 0], [0, 1]], atol=0.1)
    assert "audio" not in clear.prototypes  # no example has a voice


def test_one_label_is_no_choice() -> None:
    with pytest.raises(DataError, match="at least 2"):
        fit(examples(0.1)[:6], CENTERS, WEIGHTS, {})
