"""Each of the paper's implementations on a real clip, with tiny checkpoints in the real layout."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cer.labels import MODALITIES
from cer.media.clip import Frame
from cer.modalities.registry import modalities
from cer.models import hub
from cer.perception.evidence import Evidence
from cer.perception.tracking import Sighting
from cer.pipeline import observe
from cer.segments import windows
from cer.train import fusion
from eval.cli import main as harness
from tests.cer.modalities.paper.conftest import forget
from tests.cer.modalities.paper.models import sums
from tests.clips import DEMO, still, write_clip

pytestmark = pytest.mark.usefixtures("own_models")


def blackened(evidence: Evidence) -> Evidence:
    """The same clip with dark pictures, a quieter and reversed voice, and other words."""
    return replace(
        evidence,
        scene_frames=[Frame(frame.time, frame.image // 8) for frame in evidence.scene_frames],
        sightings=[
            Sighting(sighting.time, sighting.person, sighting.face, sighting.crop[::-1] // 2)
            for sighting in evidence.sightings
        ],
        utterances=[
            replace(
                utterance,
                samples=utterance.samples[::-1].copy() * 0.3,
                sentences=tuple(replace(sentence, text="Go away, I hate it.") for sentence in utterance.sentences),
            )
            for utterance in evidence.utterances
        ],
    )


@pytest.mark.parametrize("name", MODALITIES)
def test_an_implementation_sees_the_clip_and_answers_another_one_differently(name: str, evidence: Evidence) -> None:
    modality = modalities("paper")[name]
    segments = windows(evidence.end)
    person = evidence.sightings[0].person
    result, other = (modality.predict(item, segments, person) for item in (evidence, blackened(evidence)))
    assert result.present.any(), result.reasons
    both = result.present & other.present
    assert both.any()
    assert result.embedding is not None
    assert other.embedding is not None
    # A describer with random weights writes words that the lexicon has never read: there the embedding alone can tell.
    results = (
        (result.embedding, other.embedding) if name == "scene_context" else (result.probabilities, other.probabilities)
    )
    assert np.abs(results[0][both] - results[1][both]).max() > 1e-5
    assert len(modality.describe()) >= 1


def test_the_whole_profile_on_the_bundled_clip() -> None:
    result = observe(DEMO, profile="paper").conclude()
    assert all(result.predictions[name].present.any() for name in MODALITIES)
    assert np.allclose(result.compound.sum(1), 1, atol=1e-4)
    repositories = {model.name for model in result.models}
    assert {hub.MODELS[name].repo for name in ("clip", "wavlm", "whisper", "qwen2.5-vl-3b")} <= repositories
    words = " ".join(note for note in result.predictions["text"].notes if note)
    assert words
    assert result.transcript[0].text in words  # the page shows what the text modality read


def _without(root: Path, name: str) -> None:
    shutil.rmtree(root / hub.MODELS[name].folder)


def _flipped(root: Path, name: str) -> None:
    file = hub.weights_of(root / hub.MODELS[name].folder, hub.MODELS[name])[0]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def _truncated(root: Path, name: str) -> None:
    """Cut off, and its checksum made to fit: only opening it can tell."""
    folder = root / hub.MODELS[name].folder
    file = hub.weights_of(folder, hub.MODELS[name])[0]
    file.write_bytes(file.read_bytes()[:1000])
    sums(folder)


@pytest.mark.parametrize("harm", [_without, _flipped, _truncated], ids=["off", "flipped", "truncated"])
@pytest.mark.parametrize(("name", "lost"), [("clip", "scene_label"), ("wavlm", "audio"), ("distilroberta", "text")])
def test_a_model_that_cannot_be_had_costs_its_own_modality_only(
    harm: Callable[[Path, str], None],
    name: str,
    lost: str,
    small: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for other in ("clip", "wavlm", "whisper", "distilroberta"):
        shutil.copytree(small / hub.MODELS[other].folder, tmp_path / hub.MODELS[other].folder)
    monkeypatch.setenv("CER_MODELS", str(tmp_path))
    harm(tmp_path, name)
    forget()
    profile = "embedded,scene_label=clip,audio=wavlm,text=distilroberta"
    result = observe(DEMO, profile=profile).conclude()
    assert not result.predictions[lost].present.any()
    reason = result.predictions[lost].reasons[0]
    assert reason is not None
    assert reason.startswith("model not available: ")
    assert all(result.predictions[modality].present.any() for modality in MODALITIES if modality != lost)
    assert np.allclose(result.fused.sum(1), 1, atol=1e-4)


def test_fusion_is_trained_anew_on_a_run_of_the_profile(
    tmp_path: Path, portrait: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands of docs/deployment.md, on a corpus in AFEW's layout."""
    for number, (emotion, image) in enumerate({"Happy": portrait, "Angry": portrait[:, ::-1]}.items()):
        folder = tmp_path / "AFEW" / "Train_AFEW" / emotion
        folder.mkdir(parents=True)
        write_clip(folder / f"00{number}.avi", still([0, 0.2, 0.4, 0.6], image))
    run = tmp_path / "run"
    arguments = ["--corpus", "afew", "--root", str(tmp_path / "AFEW"), "--split", "train", "--profile", "paper"]
    assert harness(["run", *arguments, "--out", str(run), "--quiet"]) == 0
    monkeypatch.setattr(fusion.train, "__kwdefaults__", {"steps": 20, "seed": 0})
    command = ["fusion", "--predictions", str(run / "predictions.parquet"), "--out", str(tmp_path / "mine")]
    monkeypatch.setattr("sys.argv", command)
    fusion.main()
    monkeypatch.setenv("CER_FUSION", str(tmp_path / "mine" / "fusion.safetensors"))
    result = observe(next((tmp_path / "AFEW").rglob("*.avi")), profile="paper").conclude()
    assert [model.name for model in result.models if model.modality == "fusion"] == [
        "own fusion",
        "CER open-set decision",
    ]
    assert np.isfinite(result.fused).all()
