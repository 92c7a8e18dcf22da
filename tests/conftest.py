"""What many tests look at: the bundled clip, observed once."""

import numpy as np
import pytest
from skimage import data

from cer.analysis import Analysis
from cer.pipeline import Observation, observe

from .clips import DEMO


@pytest.fixture(scope="session")
def observed() -> Observation:
    return observe(DEMO)


@pytest.fixture(scope="session")
def analysis(observed: Observation) -> Analysis:
    return observed.conclude()


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """A public-domain portrait, RGB uint8 [512, 512, 3]; the face is at the upper left of the middle."""
    return np.asarray(data.astronaut())
