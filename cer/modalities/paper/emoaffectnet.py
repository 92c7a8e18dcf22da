"""static_face and dynamic_face as EmoAffectNet sees them (arXiv 2507.02205 takes its frozen features)."""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from PIL import Image

from cer.modalities.base import FACE, Prediction, SegmentPrediction, collect, softmax
from cer.modalities.paper.device import on_gpu
from cer.modalities.paper.loading import loading
from cer.modalities.paper.names import emotion_columns, to_emotions
from cer.models import hub
from cer.models.checkpoints import CENTERFACE, Checkpoint, require
from cer.models.runtime import cached_per_device
from cer.perception.evidence import Evidence
from cer.progress import Progress
from cer.segments import Segment

MODEL = hub.MODELS["emoaffectnet"]
# The files carry no config: this is the order of the authors' published code.
LABELS = ("Neutral", "Happiness", "Sadness", "Surprise", "Fear", "Disgust", "Anger")
SIDE = 224  # pixels
MEAN = np.array([91.4953, 103.8827, 131.0912], np.float32)  # blue, green, red; of VGGFace2
MOMENTS = 10  # faces that the LSTM reads; 2 s at 5 a second, as in its training
STRIDE = 5  # faces from one reading to the next
BATCH = 64
_STATIC, _DYNAMIC = MODEL.weights


class EmoAffectNet:
    """The mean of the ResNet-50's logits over the person's faces in the segment."""

    name = "static_face"
    source = FACE
    per_person = True
    needs_frames = False
    needs_bodies = False

    def describe(self) -> tuple[Checkpoint, ...]:
        return (CENTERFACE, *hub.describe(MODEL, only=_STATIC))

    def load(self, progress: Progress) -> None:
        require((CENTERFACE,))
        hub.locate(MODEL, progress=progress)

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        _static()
        features, logits = encode_person(evidence, person)
        rows = _rows(evidence, segments, person)
        results: list[SegmentPrediction | str] = [_missing(evidence)] * len(segments)
        for place, within in enumerate(rows):
            if len(within):
                results[place] = SegmentPrediction(_emotions(logits[within].mean(0)), features[within].mean(0))
        return collect(results, features.shape[1])


class EmoAffectNetLSTM:
    """The mean of the LSTM's logits over windows of ten consecutive faces of the person in the segment."""

    name = "dynamic_face"
    source = FACE
    per_person = True
    needs_frames = False
    needs_bodies = False

    def describe(self) -> tuple[Checkpoint, ...]:
        return (CENTERFACE, *hub.describe(MODEL))

    def load(self, progress: Progress) -> None:
        require((CENTERFACE,))
        hub.locate(MODEL, progress=progress)

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction:
        _static(), _dynamic()
        features, _ = encode_person(evidence, person)
        windows, owners = [], []
        for place, within in enumerate(_rows(evidence, segments, person)):
            for start in range(0, max(len(within) - MOMENTS, 0) + 1, STRIDE) if len(within) > 1 else ():
                rows = within[start : start + MOMENTS]
                # Too short a sequence begins by holding its first face, as the authors' demonstration does.
                windows.append(features[np.concatenate([np.repeat(rows[:1], MOMENTS - len(rows)), rows])])
                owners.append(place)
        states, logits = follow(np.stack(windows) if windows else np.zeros((0, MOMENTS, features.shape[1]), np.float32))
        results: list[SegmentPrediction | str] = [_missing(evidence)] * len(segments)
        for place in set(owners):
            members = [row for row, owner in enumerate(owners) if owner == place]
            results[place] = SegmentPrediction(_emotions(logits[members].mean(0)), states[members].mean(0))
        return collect(results, states.shape[1])


def _missing(evidence: Evidence) -> str:
    return "no face" if evidence.has_video else "no video track"


def _emotions(logits: np.ndarray) -> np.ndarray:
    return to_emotions(softmax(logits[None]), emotion_columns(LABELS, MODEL.repo))[0]


_encoded: WeakKeyDictionary[Evidence, dict[int | None, tuple[np.ndarray, np.ndarray]]] = WeakKeyDictionary()


def encode_person(evidence: Evidence, person: int | None) -> tuple[np.ndarray, np.ndarray]:
    """`encode_crops` of a person's faces, once for both modalities."""
    cached = _encoded.setdefault(evidence, {})
    if person not in cached:
        cached[person] = encode_crops([sighting.crop for sighting in evidence.person(person)[0]])
    return cached[person]


def _rows(evidence: Evidence, segments: Sequence[Segment], person: int | None) -> list[np.ndarray]:
    """Rows of the person's sightings that lie in each segment."""
    times = np.array([sighting.time for sighting in evidence.person(person)[0]])
    return [np.flatnonzero((times >= segment.start) & (times < segment.end)) for segment in segments]


def prepare(crops: Sequence[np.ndarray]) -> np.ndarray:
    """Crops RGB uint8 [H, W, 3] as the network's input float32 [N, 3, 224, 224]: blue, green, red, less the mean."""
    resized = [Image.fromarray(crop).resize((SIDE, SIDE), Image.Resampling.BILINEAR) for crop in crops]
    return np.stack([np.asarray(image, np.float32)[..., ::-1] - MEAN for image in resized]).transpose(0, 3, 1, 2)


@on_gpu
def encode_crops(crops: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Features float32 [N, 512] and logits [N, 7] in the order of LABELS of face crops."""
    import torch

    from cer.modalities.paper.resnet import FEATURES

    network, device = _static()
    parts = [(np.zeros((0, FEATURES), np.float32), np.zeros((0, len(LABELS)), np.float32))]
    with torch.inference_mode():
        for start in range(0, len(crops), BATCH):
            faces = torch.from_numpy(np.ascontiguousarray(prepare(crops[start : start + BATCH]))).to(device)
            features, logits = network(faces)
            parts.append((features.float().cpu().numpy(), logits.float().cpu().numpy()))
    features, logits = (np.concatenate(column) for column in zip(*parts, strict=True))
    return features, logits


@on_gpu
def follow(windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """States float32 [N, 256] and logits [N, 7] of sequences of features float32 [N, T, 512]."""
    import torch

    network, device = _dynamic()
    with torch.inference_mode():
        states, logits = network(torch.from_numpy(windows.astype(np.float32)).to(device))
    return states.cpu().numpy(), logits.cpu().numpy()


@cached_per_device()
@loading
def _static() -> tuple[Any, str]:
    from cer.modalities.paper import tensors
    from cer.modalities.paper.device import device
    from cer.modalities.paper.resnet import ResNet50, empty

    network = tensors.fill(empty(ResNet50, len(LABELS)), tensors.load(MODEL, _STATIC), MODEL.repo)
    return network.to(device()), device()


@cached_per_device()
@loading
def _dynamic() -> tuple[Any, str]:
    from cer.modalities.paper import tensors
    from cer.modalities.paper.device import device
    from cer.modalities.paper.resnet import FaceSequence, empty

    network = tensors.fill(empty(FaceSequence, len(LABELS)), tensors.load(MODEL, _DYNAMIC), MODEL.repo)
    return network.to(device()), device()
