"""Whisper and the word classifiers, with tiny checkpoints in the real layout."""

from pathlib import Path

import pytest
import torch

from cer.errors import WeightsError
from cer.labels import EMOTIONS
from cer.modalities.paper import spoken
from cer.models import hub
from cer.perception.evidence import Evidence
from tests.cer.modalities.paper.conftest import forget
from tests.cer.modalities.paper.models import classifier

pytestmark = pytest.mark.usefixtures("own_models")


def test_whisper_writes_what_openai_whisper_writes(evidence: Evidence, small: Path, tmp_path: Path) -> None:
    import whisper

    samples = evidence.utterances[0].samples
    network = spoken._whisper()
    file = tmp_path / "same.pt"  # openai's own layout
    torch.save({"dims": vars(network.dims), "model_state_dict": network.state_dict()}, file)
    own = whisper.load_model(str(file))
    options = {"temperature": 0.0, "condition_on_previous_text": False, "fp16": False}
    assert spoken.transcribe_with_whisper(samples)["text"] == own.transcribe(samples, **options)["text"]


def test_whispers_tensors_under_openais_names_give_transformers_own_encoding(evidence: Evidence, small: Path) -> None:
    import whisper
    from transformers import WhisperModel

    sound = whisper.log_mel_spectrogram(whisper.pad_or_trim(evidence.utterances[0].samples))[None]
    with torch.no_grad():
        expected = WhisperModel.from_pretrained(small / hub.MODELS["whisper"].folder).encoder(sound).last_hidden_state
        result = spoken._whisper().encoder(sound)
    assert torch.allclose(result, expected, atol=1e-4)


def test_class_names_decide_and_not_their_places(
    evidence: Evidence, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CER_MODELS", str(tmp_path))
    torch.manual_seed(1)
    classifier(tmp_path, labels=("joy", "anger", "love", "sadness"))
    first = spoken._columns(hub.MODELS["distilroberta"])
    assert [EMOTIONS[place] if place >= 0 else None for place in first] == ["Happiness", "Anger", None, "Sadness"]
    classifier(tmp_path, labels=("LABEL_0", "LABEL_1"))
    forget()
    with pytest.raises(WeightsError, match="names no classes"):
        spoken._columns(hub.MODELS["distilroberta"])
