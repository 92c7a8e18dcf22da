import numpy as np
import pytest

from cer.media.clip import Sound
from cer.media.reader import probe, stream
from tests.clips import DEMO


@pytest.fixture(scope="session")
def track() -> np.ndarray:
    """The bundled clip's sound, float32 mono 16 kHz."""
    return np.concatenate([item.samples for item in stream(probe(DEMO), 1.0) if isinstance(item, Sound)])
