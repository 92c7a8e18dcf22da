"""audio with the Odyssey 2024 challenge's baseline: WavLM-large, attentive statistics pooling and a small head, trained
on MSP-Podcast. Its tensors are loaded by name into transformers' WavLM; the repository's own code is never run.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from cer.errors import WeightsError
from cer.media.clip import SAMPLE_RATE
from cer.modalities.base import VOICE, Prediction, SegmentPrediction, collect, softmax
from cer.modalities.paper.device import on_gpu
from cer.modalities.paper.loading import loading
from cer.modalities.paper.names import emotion_columns, labels_of, to_emotions
from cer.models import hub
from cer.models.checkpoints import Checkpoint
from cer.models.runtime import cached_per_device
from cer.perception.evidence import Evidence
from cer.progress import Progress
from cer.segments import Segment

MODEL = hub.MODELS["wavlm"]
MIN_SPEECH = 0.5  # seconds in a segment; less is a sound, not a tone of voice
BATCH = 8
# What WavLM-large is, where the checkpoint's own config does not say otherwise (arXiv 2110.13900).
LARGE = {
    "hidden_size": 1024,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
    "intermediate_size": 4096,
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
    "conv_bias": False,
    "num_buckets": 320,
    "max_bucket_distance": 800,
    "layerdrop": 0.0,
}


class WavLM:
    """The challenge baseline on all speech of a segment."""

    name = "audio"
    source = VOICE
    per_person = False
    needs_frames = False
    needs_bodies = False

    def describe(self) -> tuple[Checkpoint, ...]:
        return hub.describe(MODEL)

    def load(self, progress: Progress) -> None:
        hub.locate(MODEL, progress=progress)

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        sounds = [speech_of(evidence.segment(segment)) for segment in segments]
        rows = [row for row, sound in enumerate(sounds) if len(sound) >= MIN_SPEECH * SAMPLE_RATE]
        _network()
        embeddings, logits = listen([sounds[row] for row in rows])
        reason = "no speech" if evidence.has_audio else "no audio track"
        results: list[SegmentPrediction | str] = [reason] * len(segments)
        columns = emotion_columns(labels_of(_config(), MODEL.repo), MODEL.repo)
        for row, embedding, emotions in zip(rows, embeddings, to_emotions(softmax(logits), columns), strict=True):
            results[row] = SegmentPrediction(emotions, embedding)
        return collect(results, embeddings.shape[1])


def speech_of(evidence: Evidence) -> np.ndarray:
    """Samples float32 [N] of all that is spoken in a segment's evidence, one after another."""
    parts = []
    for start, end, utterance in evidence.speech():
        first, last = (round((time - utterance.start) * SAMPLE_RATE) for time in (start, end))
        parts.append(utterance.samples[max(first, 0) : max(last, 0)])
    return np.concatenate(parts) if parts else np.zeros(0, np.float32)


@on_gpu
def listen(sounds: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Pooled embeddings float32 [N, 2D] and logits [N, K] of sounds float32 [samples] at 16 kHz."""
    import torch

    network, device = _network()
    config = _config()
    mean, deviation = float(config.get("mean", 0.0)), float(config.get("std", 1.0))
    embeddings = [np.zeros((0, 2 * network.width), np.float32)]
    logits = [np.zeros((0, network.classes), np.float32)]
    order = np.argsort([len(sound) for sound in sounds], kind="stable")  # sounds of a length together waste no padding
    with torch.inference_mode():
        for start in range(0, len(order), BATCH):
            batch = [(sounds[row] - mean) / (deviation + 1e-6) for row in order[start : start + BATCH]]
            longest = max(len(sound) for sound in batch)
            samples = np.stack([np.pad(sound, (0, longest - len(sound))) for sound in batch]).astype(np.float32)
            mask = np.stack([np.arange(longest) < len(sound) for sound in batch])
            pooled, scores = network(torch.from_numpy(samples).to(device), torch.from_numpy(mask).to(device))
            embeddings.append(pooled.float().cpu().numpy())
            logits.append(scores.float().cpu().numpy())
    back = np.argsort(order, kind="stable")
    return np.concatenate(embeddings)[back], np.concatenate(logits)[back]


def _config() -> dict[str, Any]:
    path = hub.locate(MODEL) / "config.json"
    if not path.is_file():
        raise WeightsError(f"{MODEL.repo}: config.json is missing. Fetch it anew with `python -m cer models download`.")
    return dict(json.loads(path.read_text("utf-8")))


@cached_per_device()
@loading
def _network() -> tuple[Any, str]:
    from cer.modalities.paper import tensors
    from cer.modalities.paper.device import declare_operators, device

    declare_operators()
    from cer.modalities.paper.speech_emotion import SpeechEmotion, renamed

    network = tensors.fill(SpeechEmotion.empty({**LARGE, **_config()}), renamed(tensors.load(MODEL)), MODEL.repo)
    return network.to(device()), device()
