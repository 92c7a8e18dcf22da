import numpy as np
import pytest

from cer.labels import EMOTIONS
from cer.perception.voice_head import MIN_PRIOR, discourage_other


def test_contempt_is_discouraged_in_speech_and_left_alone_in_bursts() -> None:
    other = EMOTIONS.index("Other")
    logits = np.zeros((3, 8), np.float32)
    adjusted = discourage_other(logits, np.array([0.0, 0.5, 1.0]))
    assert adjusted[:, other] == pytest.approx([np.log(MIN_PRIOR), np.log(MIN_PRIOR) / 2, 0])
    assert not np.delete(adjusted, other, 1).any()
    assert not logits.any()
