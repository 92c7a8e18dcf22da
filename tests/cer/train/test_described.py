import numpy as np

from cer.modalities.scene_context import face_words
from cer.perception.face_encoder import UNITS, Expressions
from cer.train.described import describe


def test_a_face_is_described_in_the_modalitys_own_words_wherever_it_is() -> None:
    units = np.zeros((40, len(UNITS)), np.float32)
    units[:, UNITS.index(12)] = 0.9
    people = describe(
        Expressions(
            np.zeros((40, 8), np.float32),
            np.zeros((40, 256), np.float32),
            units,
            np.ones(40, np.float32),
        ),
        np.random.default_rng(0),
    )
    assert all(face_words(units[0]) in person.text for person in people)
    assert len({person.text for person in people}) > 10
