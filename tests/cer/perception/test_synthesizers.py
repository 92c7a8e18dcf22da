import numpy as np
import pytest

from cer.models.checkpoints import WHISPER_BASE, installed
from cer.perception.language import NAMES
from cer.perception.synthesizers import PERSON, Layer, _layer, named_by, speech_statistics

LAYER = Layer(["fi", "hu", PERSON], np.eye(3), np.zeros(3))  # its logits are the statistics
QUARTER = np.log([1.0, 2.0, 1.0])  # fi 0.25, hu 0.5, a person 0.25


def test_a_person_is_left_to_whisper_and_a_synthesizer_to_the_layer_by_hand() -> None:
    guesses = {"fi": 0.0, "et": 0.6, "hu": 0.4}
    answer = named_by(LAYER, QUARTER, guesses)
    # Of a synthesizer: fi 1 x 0.0001 ^ 0.2 = 0.1585, hu 2 x 0.4 ^ 0.2 = 1.6651; together 1.8236.
    assert answer["et"] == pytest.approx(0.25 * 0.6)
    assert answer["fi"] == pytest.approx(0.75 * 0.1585 / 1.8236, abs=1e-4)
    assert answer["hu"] == pytest.approx(0.25 * 0.4 + 0.75 * 1.6651 / 1.8236, abs=1e-4)
    assert sum(answer.values()) == pytest.approx(1)


def test_what_whisper_is_sure_of_stands() -> None:
    guesses = {"et": 0.9, "hu": 0.1}
    assert named_by(LAYER, QUARTER, guesses) == guesses


def test_statistics_by_hand() -> None:
    rows = np.array([[1.0, 4.0], [3.0, 4.0]], np.float32)
    assert speech_statistics(rows).tolist() == [2, 4, 1, 0]


def test_the_shipped_layer_names_languages_of_whisper_and_people() -> None:
    layer = _layer()
    assert layer.weights.shape == (1024, len(layer.classes)) == (1024, len(layer.bias))
    assert set(layer.classes) - {PERSON} <= NAMES.keys()
    assert PERSON in layer.classes


@pytest.mark.skipif(not installed(WHISPER_BASE), reason="Whisper base is not installed (extra languages)")
def test_the_voice_of_the_bundled_clip_is_heard_as_an_english_synthesizer(track: np.ndarray) -> None:
    from cer.perception.transcription import guessed

    layer = _layer()
    rows, _ = guessed(track[: 10 * 16_000])
    logits = speech_statistics(rows) @ layer.weights + layer.bias
    assert layer.classes[int(logits.argmax())] == "en"
