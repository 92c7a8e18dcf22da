import numpy as np
import pytest
import torch

from cer.labels import COMPOUNDS, EMOTIONS
from cer.perception.face_encoder import UNITS
from cer.train.scene_label import Captions, compound_temperature, contrast


@pytest.fixture(scope="module")
def captions() -> Captions:
    return Captions()


def test_no_caption_names_a_compound_expression(captions: Captions) -> None:
    assert not [text for text in captions.index for label in COMPOUNDS if label.lower() in text.lower()]


def test_captions_say_what_the_crowd_said(captions: Captions) -> None:
    rng = np.random.default_rng(0)
    texts = {row: text for text, row in captions.index.items()}
    sure, divided = np.eye(8)[4], np.array([0, 0, 0, 0.6, 0, 0, 0.4, 0])
    captioned = {texts[captions.of_votes(sure, rng)] for _ in range(50)}
    assert all(any(word in text for word in ("happy", "joyful", "smiling")) for text in captioned)
    two = [texts[captions.of_votes(divided, rng)] for _ in range(60)]
    fear, surprise = ("afraid", "fear", "scared", "anxiously"), ("surprised", "astonished", "amazed")
    assert any(any(a in text for a in fear) and any(b in text for b in surprise) for text in two)
    assert {"a face that is afraid and amazed", "a person who looks anxiously amazed"} <= set(captions.index)
    units = np.zeros(len(UNITS))
    assert captions.of_units(units, rng) is None
    units[UNITS.index(12)] = 1
    row = captions.of_units(units, rng)
    assert row is not None
    assert texts[row] == "a face with a smile"


def test_the_loss_is_least_when_pictures_match_their_captions_and_twins_are_no_negatives() -> None:
    texts = torch.nn.functional.normalize(torch.randn(6, 384), dim=1)
    rows = torch.arange(6)
    scale = torch.tensor(20.0)
    assert contrast(texts, texts, rows, scale) < 0.1 < contrast(texts.roll(1, 0), texts, rows, scale)
    twins = torch.zeros(6, dtype=torch.long)
    same = texts[:1].repeat(6, 1)
    assert float(contrast(same, same, twins, scale)) == pytest.approx(np.log(6), abs=1e-4)


def test_the_compound_labels_temperature_is_that_of_divided_faces() -> None:
    sad_and_angry, happy_surprise = (COMPOUNDS.index(name) for name in ("Sadly Angry", "Happily Surprised"))
    votes = np.zeros((12, 8))
    votes[:8, [EMOTIONS.index("Sadness"), EMOTIONS.index("Anger")]] = 0.5
    votes[8:10, [EMOTIONS.index("Happiness"), EMOTIONS.index("Surprise")]] = (0.7, 0.3)
    votes[10, [EMOTIONS.index("Happiness"), EMOTIONS.index("Surprise"), EMOTIONS.index("Fear")]] = (0.3, 0.3, 0.4)
    votes[11, EMOTIONS.index("Happiness")] = 1  # neither of the last two counts
    logits = np.zeros((12, 7))
    # Three in four are right in both labels: ln 18 above six others is honest, for 18 / (18 + 6) = 3 / 4.
    logits[np.arange(8), [sad_and_angry] * 6 + [happy_surprise] * 2] = 2 * np.log(18)
    logits[8:10, happy_surprise] = 2 * np.log(18)
    assert compound_temperature(logits[:8], votes[:8]) == pytest.approx(2, rel=1e-3)
    sure = compound_temperature(logits, votes)
    assert sure < 2
    assert compound_temperature(np.concatenate([logits, -9 * np.eye(7)[[0, 0]]]), votes[[*range(12), 10, 11]]) == sure
