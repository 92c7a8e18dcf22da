import numpy as np
import pytest
import torch

from cer.labels import COMPOUNDS
from cer.perception.face_encoder import UNITS
from cer.train.scene_label import Captions, contrast


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
