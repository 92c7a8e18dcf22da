"""scene_label with CLIP ViT-B/32 (arXiv 2103.00020) through open_clip: which label text fits the images best.

Unlike the authors' published script, the cosines are multiplied with CLIP's own logit scale, each label is an ensemble
of prompts, and images go through the network in batches.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from cer.labels import COMPOUNDS, EMOTIONS
from cer.modalities.base import SCENE, Prediction, SegmentPrediction, collect, softmax
from cer.modalities.paper.device import on_gpu
from cer.modalities.paper.loading import loading
from cer.models import hub
from cer.models.checkpoints import Checkpoint
from cer.models.runtime import cached_per_device
from cer.perception.evidence import Evidence
from cer.progress import Progress
from cer.segments import Segment

MODEL = hub.MODELS["clip"]
BATCH = 32
TEMPLATES = (
    "a photo of a {} person",
    "a person who looks {}",
    "a movie scene with a {} person",
    "the {} face of a person",
    "people in the video feel {}",
)
_WORDS = ("neutral", "angry", "disgusted", "fearful", "happy", "sad", "surprised", "contemptuous")
WORDS = {**dict(zip(EMOTIONS, _WORDS, strict=True)), **{label: label.lower() for label in COMPOUNDS}}


class ClipLabel:
    """Softmax over the cosine between a segment's mean image and each of the label texts, times CLIP's scale."""

    name = "scene_label"
    source = SCENE
    per_person = False
    needs_frames = True
    needs_bodies = False

    def describe(self) -> tuple[Checkpoint, ...]:
        return hub.describe(MODEL)

    def load(self, progress: Progress) -> None:
        hub.locate(MODEL, progress=progress)

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        texts, scale = label_texts(EMOTIONS)
        images = encode_images([frame.image for frame in evidence.scene_frames])
        times = np.array([frame.time for frame in evidence.scene_frames])
        results: list[SegmentPrediction | str] = []
        for segment in segments:
            within = (times >= segment.start) & (times < segment.end)
            if not within.any():
                results.append("no frame" if evidence.has_video else "no video track")
                continue
            mean = images[within].mean(0)
            mean /= np.linalg.norm(mean)
            results.append(SegmentPrediction(softmax(scale * mean @ texts.T), mean))
        return collect(results, texts.shape[1])


@on_gpu
def encode_images(images: Sequence[np.ndarray]) -> np.ndarray:
    """Unit-length embeddings float32 [N, D] of images RGB uint8 [H, W, 3]."""
    import torch

    network, preprocess, _, device = _clip()
    parts: list[np.ndarray] = []
    with torch.inference_mode():
        for start in range(0, len(images), BATCH):
            batch = torch.stack([preprocess(Image.fromarray(image)) for image in images[start : start + BATCH]])
            embeddings = network.encode_image(batch.to(device), normalize=True)
            parts.append(embeddings.float().cpu().numpy())
    return np.concatenate(parts) if parts else np.zeros((0, label_texts(EMOTIONS)[0].shape[1]), np.float32)


@lru_cache(maxsize=8)
def label_texts(labels: tuple[str, ...]) -> tuple[np.ndarray, float]:
    """Unit-length embeddings float32 [K, D] of labels, each the mean over TEMPLATES as in CLIP's own zero-shot recipe,
    and the logit scale.
    """
    import torch

    network, _, tokenize, device = _clip()
    prompts = [template.format(WORDS.get(label, label)) for label in labels for template in TEMPLATES]
    with torch.inference_mode():
        each = network.encode_text(tokenize(prompts).to(device), normalize=True).float()
        means = each.reshape(len(labels), len(TEMPLATES), -1).mean(1)
        scale = float(network.logit_scale.exp())
    means = means / means.norm(dim=1, keepdim=True)
    return means.cpu().numpy(), scale


@cached_per_device()
@loading
def _clip() -> tuple[Any, Any, Any, str]:
    from cer.modalities.paper.device import declare_operators, device

    declare_operators()
    import open_clip

    source = f"local-dir:{hub.locate(MODEL)}"
    network, preprocess = open_clip.create_model_from_pretrained(source, device=device())
    return network.eval(), preprocess, open_clip.get_tokenizer(source), device()
