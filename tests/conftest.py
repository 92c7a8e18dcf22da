"""What many tests look at: the bundled clip, observed once."""

from collections.abc import Iterator

import numpy as np
import pytest
from skimage import data

from cer.modalities.paper.device import declare_operators
from cer.observation import Observation
from cer.pipeline import observe
from cer.results.analysis import Analysis
from tests.clips import DEMO
from tests.corpora import afew, affwild2, c_expr_db, texts, two_faces  # noqa: F401  (fixtures)

declare_operators()  # before anything imports torchvision, whatever the order of the tests


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The page's files of this run lie in a folder of this run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("gradio")))
        yield


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
