import numpy as np
import pytest

from cer.labels import EMOTIONS
from cer.perception.posture import SIGNS
from cer.train.caption_signs import fit_signs, signs_of


@pytest.mark.parametrize(
    ("caption", "signs"),
    [
        ("The woman holds her hand near her mouth.", {"hand at the face"}),
        ("He covers his face and his shoulders are hunched.", {"hand at the face", "slumped"}),
        ("She stands with her arms crossed, leaning forward slightly.", {"arms crossed", "comes nearer"}),
        ("A man leans slightly forward, his posture upright.", {"comes nearer", "upright"}),
        ("He raises his arms and suddenly turns away.", {"arms raised", "moves quickly", "turned away"}),
        ("Her head is slightly tilted; she sits still.", {"head tilted", "still"}),
        ("The man holds a cup of coffee and smiles.", set()),
    ],
)
def test_a_caption_mentions_postures_in_many_words(caption: str, signs: set[str]) -> None:
    assert signs_of(caption) == signs


def test_a_sign_adds_to_the_emotions_that_it_comes_with() -> None:
    captions = ["Her shoulders are slumped."] * 40 + ["She stands upright."] * 40 + ["A room."] * 40
    sadness, neutral, anger = (EMOTIONS.index(name) for name in ("Sadness", "Neutral", "Anger"))
    weights = fit_signs(captions, np.repeat([sadness, neutral, anger], 40))
    assert weights.shape == (len(SIGNS), 8)
    assert weights[SIGNS.index("slumped")].argmax() == sadness
    assert weights[SIGNS.index("upright")].argmax() == neutral
    assert (weights[SIGNS.index("arms raised")] == 0).all()
    assert (weights[:, EMOTIONS.index("Fear")] == 0).all()
