from collections.abc import Iterator
from pathlib import Path

import pytest

from cer.media.reader import probe
from cer.modalities.paper import clip, emoaffectnet, qwen, spoken, wavlm
from cer.models import hub
from cer.perception.evidence import Evidence
from cer.perception.gathering import gather
from cer.progress import silent
from tests.cer.modalities.paper import models
from tests.clips import DEMO

LOADERS = (
    emoaffectnet._static,
    emoaffectnet._dynamic,
    clip._clip,
    clip.label_texts,
    qwen._model,
    wavlm._network,
    spoken._whisper,
    spoken._classifier,
    hub._verified,
)


def forget() -> None:
    """Nothing is loaded, nothing is known to be missing."""
    for loader in LOADERS:
        loader.cache_clear()
    hub._failed.clear()
    emoaffectnet._encoded.clear()


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every model of the paper profile in small."""
    root = tmp_path_factory.mktemp("models")
    models.everything(root)
    return root


@pytest.fixture
def own_models(small: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """CER_MODELS names the small models, and nothing else is reachable."""
    monkeypatch.setenv("CER_MODELS", str(small))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    forget()
    yield small
    forget()


@pytest.fixture(scope="session")
def evidence() -> Evidence:
    """The first block of the bundled clip: a face, pictures and speech."""
    return next(gather(probe(DEMO), silent, keep_frames=True))
