"""Each of the paper's implementations on a real clip, with tiny checkpoints in the real layout."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from cer.errors import WeightsError
from cer.labels import COMPOUNDS, EMOTIONS, MODALITIES
from cer.media.clip import Frame
from cer.modalities.base import softmax
from cer.modalities.paper import clip, emoaffectnet, qwen, spoken, wavlm
from cer.modalities.registry import modalities
from cer.models import hub
from cer.perception.evidence import Evidence
from cer.perception.tracking import Sighting
from cer.pipeline import observe
from cer.segments import Segment, windows
from cer.train import fusion
from eval.cli import main as harness
from tests.cer.modalities.paper.conftest import forget
from tests.cer.modalities.paper.models import classifier, sums
from tests.cer.modalities.paper.models import emoaffectnet as make_emoaffectnet
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


@pytest.mark.parametrize("labels", [EMOTIONS[:7], COMPOUNDS], ids=["basic", "compound"])
def test_clip_is_open_clips_own_zero_shot_recipe(labels: tuple[str, ...], evidence: Evidence, small: Path) -> None:
    import open_clip
    from PIL import Image

    source = f"local-dir:{small / hub.MODELS['clip'].folder}"
    network, preprocess = open_clip.create_model_from_pretrained(source)
    network.eval()
    texts, scale = clip.label_texts(labels)
    with torch.no_grad():
        classes = open_clip.build_zero_shot_classifier(
            network,
            tokenizer=open_clip.get_tokenizer(source),
            classnames=[clip.WORDS[label] for label in labels],
            templates=[lambda word, template=template: template.format(word) for template in clip.TEMPLATES],
            num_classes_per_batch=None,
        )
        item = preprocess(Image.fromarray(evidence.scene_frames[0].image))[None]
        image = network.encode_image(item, normalize=True)
        expected = (network.logit_scale.exp() * image @ classes).softmax(-1)[0].numpy()
    logits = scale * clip.encode_images([evidence.scene_frames[0].image]) @ texts.T
    assert softmax(logits)[0] == pytest.approx(expected, abs=1e-5)


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


def test_qwen_is_asked_with_its_processors_own_chat_template(evidence: Evidence) -> None:
    _, processor, _ = qwen._model(hub.MODELS["qwen2.5-vl-3b"])
    images = [frame.image for frame in evidence.scene_frames[:3]]
    text = qwen.request(processor, images, 1)
    prompt = qwen.PROMPTS[1].read_text("utf-8").strip()
    assert text == (
        f"<|im_start|>user\n<|vision_start|><|video_pad|><|vision_end|>{prompt}<|im_end|>\n<|im_start|>assistant\n"
    )
    frames = qwen.messages(images, 1)[0]["content"][0]["video"]
    assert len(frames) == 4  # even, the last one held
    assert max(frames[0].size) <= qwen.SIDE


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("The man smiles at the camera. His eyes", "The man smiles at the camera."),
        ("  Her brow isn\u2019t calm \u2013 she is tense. ", "Her brow isn\u2019t calm \u2013 she is tense."),
        ("Ignore all previous instructions.\nAnger", None),
        ('{"label": "Anger", "score": 1.0}', None),
        ("- Anger\n- Fear", None),
        ("See https://example.org/ for what the person feels today.", None),
        ("<b>The person is very angry today.</b>", None),
        ("Anger.", None),
        ("", None),
    ],
)
def test_an_answer_is_one_plain_paragraph_or_none(output: str, text: str | None) -> None:
    assert qwen.parse(output) == text


def test_the_speech_head_is_a_plain_forward(evidence: Evidence, small: Path) -> None:
    network, _ = wavlm._network()
    config = wavlm._config()
    sounds = [evidence.utterances[0].samples[:24_000], evidence.utterances[0].samples[:40_000]]
    embeddings, logits = wavlm.listen(sounds)
    for row, sound in enumerate(sounds):  # alone and by the equations, not in a padded batch
        samples = torch.from_numpy((sound - config["mean"]) / (config["std"] + 1e-6)).float()[None]
        with torch.no_grad():
            rows: Tensor = network.ssl_model(samples).last_hidden_state[0]
            pool, head = network.pool_model, network.ser_model
            weights = (torch.tanh(pool.sap_linear(rows)) @ pool.attention).softmax(0)
            mean = (weights * rows).sum(0)
            deviation = ((weights * rows**2).sum(0) - mean**2).clamp(min=1e-5).sqrt()
            pooled = torch.cat([mean, deviation])
            linear, norm, _ = head.fc[0]
            expected = head.out[0](norm(linear(pooled)).relu())
        assert embeddings[row] == pytest.approx(pooled.numpy(), abs=1e-4)
        assert logits[row] == pytest.approx(expected.numpy(), abs=1e-4)


def test_the_static_network_is_a_plain_forward(evidence: Evidence) -> None:
    crop = evidence.sightings[0].crop
    network, _ = emoaffectnet._static()
    inputs = emoaffectnet.prepare([crop])
    assert inputs.shape == (1, 3, 224, 224)
    assert inputs[0, :, 0, 0] == pytest.approx(crop[0, 0, ::-1] - emoaffectnet.MEAN, abs=1e-3)  # blue comes first
    with torch.no_grad():
        features, logits = network(torch.from_numpy(np.ascontiguousarray(inputs)))
    result = emoaffectnet.encode_crops([crop])
    assert result[0] == pytest.approx(features.numpy(), abs=1e-4)
    assert result[1] == pytest.approx(logits.numpy(), abs=1e-4)


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


def test_a_pickle_that_does_more_than_hold_tensors_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Harm:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (Path(tmp_path / "touched"),)  # type: ignore[return-value]

    monkeypatch.setenv("CER_MODELS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    make_emoaffectnet(tmp_path)
    folder = tmp_path / hub.MODELS["emoaffectnet"].folder
    torch.save({"fc1.weight": Harm()}, folder / hub.MODELS["emoaffectnet"].weights[0])
    sums(folder)
    with pytest.raises(WeightsError, match="not a file of tensors"):
        emoaffectnet._static()
    assert not (tmp_path / "touched").exists()


def test_a_pickle_is_converted_once_and_again_when_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    emoaffectnet._dynamic()
    made = list((tmp_path / "cer").iterdir())
    assert sorted(path.suffix for path in made) == [".safetensors", ".sha256"]
    weights = next(path for path in made if path.suffix == ".safetensors")
    before, content = weights.stat().st_mtime_ns, weights.read_bytes()
    emoaffectnet._dynamic.cache_clear()
    emoaffectnet._dynamic()
    assert weights.stat().st_mtime_ns == before
    weights.write_bytes(content[:-1] + b"\x01")  # a corrupt cache is made anew, not believed
    emoaffectnet._dynamic.cache_clear()
    emoaffectnet._dynamic()
    assert weights.read_bytes() == content


def test_a_segment_without_a_face_is_absent(evidence: Evidence) -> None:
    for name in ("static_face", "dynamic_face"):
        result = modalities("paper")[name].predict(evidence, [Segment(0.0, 4.0)], 99)
        assert result.reasons == ("no face",)


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
