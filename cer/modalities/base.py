"""The contract between the modalities and everything above them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np

from cer.labels import COMPOUNDS, EMOTIONS
from cer.models.checkpoints import Checkpoint
from cer.perception.evidence import Evidence
from cer.perception.transcription import Sentence
from cer.progress import Progress
from cer.segments import Segment


@dataclass(frozen=True, slots=True)
class Prediction:
    """How strongly one modality sees each basic emotion in S segments.

    probabilities: float32 [S, 8] in the order of EMOTIONS, calibrated and free of the class prior; rows sum to one
    where present and are NaN elsewhere. present: bool [S]. embedding: float32 [S, D], NaN where absent, or None.
    reasons: why a segment is absent, None where present. notes: evidence in words, "" where there is none. quality:
    float32 [S] in (0, 1], how far the segment's evidence is like what the model was trained on; 1 where nothing
    speaks against it. compounds: float32 [S, 7] in the order of COMPOUNDS, NaN where absent, of a model that was
    trained on compound labels; None of all others.
    """

    probabilities: np.ndarray
    present: np.ndarray
    embedding: np.ndarray | None
    reasons: tuple[str | None, ...]
    notes: tuple[str, ...] = field(default=())
    quality: np.ndarray = field(default_factory=lambda: np.ones(0, np.float32))
    compounds: np.ndarray | None = None

    def __post_init__(self) -> None:
        count = len(self.present)
        if not len(self.quality):
            object.__setattr__(self, "quality", np.ones(count, np.float32))
        if self.quality.shape != (count,) or not ((self.quality > 0) & (self.quality <= 1)).all():
            raise ValueError(f"quality must be {count} numbers in (0, 1], it is {self.quality}")
        if self.probabilities.shape != (count, len(EMOTIONS)):
            raise ValueError(
                f"probabilities have shape {self.probabilities.shape}, expected ({count}, {len(EMOTIONS)})"
            )
        if len(self.reasons) != count or (self.notes and len(self.notes) != count):
            raise ValueError(f"{count} segments need as many reasons and notes")
        sums = self.probabilities[self.present].sum(1)
        if not np.allclose(sums, 1, atol=1e-4) or (self.probabilities[self.present] < 0).any():
            raise ValueError(f"probabilities of present segments must be distributions; their sums are {sums}")
        if not np.isnan(self.probabilities[~self.present]).all():
            raise ValueError("absent segments must not carry probabilities")
        for present, reason in zip(self.present, self.reasons, strict=True):
            if bool(present) == (reason is not None):
                raise ValueError("a segment has a reason exactly when it is absent")

    def __len__(self) -> int:
        return len(self.present)


@dataclass(frozen=True, slots=True)
class SegmentPrediction:
    """A modality's prediction for one segment. probabilities: [8]; embedding: [D]; quality in (0, 1]; compounds [7]."""

    probabilities: np.ndarray
    embedding: np.ndarray | None
    note: str = ""
    quality: float = 1.0
    compounds: np.ndarray | None = None


FACE, SCENE, VOICE, WORDS = SOURCES = ("face", "body and scene", "voice", "words")
"""What a modality's evidence comes from. Modalities of one source are one witness."""


class Modality(Protocol):
    """One of the six.

    source: one of SOURCES. per_person: predicts for `person`, None being nobody; the others predict alike for
    everybody. needs_frames: is given frames of the whole scene. needs_bodies: the joints of people.
    """

    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str: ...

    @property
    def per_person(self) -> bool: ...

    @property
    def needs_frames(self) -> bool: ...

    @property
    def needs_bodies(self) -> bool: ...

    def describe(self) -> tuple[Checkpoint, ...]:
        """The weight files behind this modality, with hashes as far as they are known without fetching anything."""
        ...

    def load(self, progress: Progress) -> None:
        """Fetch and verify the weight files. `progress` may raise to cancel. Raises WeightsError."""
        ...

    def predict(self, evidence: Evidence, segments: Sequence[Segment], person: int | None) -> Prediction: ...


@runtime_checkable
class Preparing(Protocol):
    """A modality that can open its networks before there is evidence."""

    def prepare(self) -> None:
        """Open them. Raises WeightsError."""
        ...


@runtime_checkable
class Transcribing(Protocol):
    """A modality that writes down speech itself, in place of Whisper tiny.en."""

    def transcribe(self, samples: np.ndarray, start: float) -> tuple[Sentence, ...]: ...


@runtime_checkable
class Multilingual(Protocol):
    """A modality whose judgment depends on the language that is spoken."""

    def domain(self, language: str) -> str | None: ...


def collect(results: Sequence[SegmentPrediction | str], width: int | None) -> Prediction:
    """A Prediction from one result per segment: what was predicted, or the reason for its absence. width: D of the
    embeddings.
    """
    count = len(results)
    probabilities = np.full((count, len(EMOTIONS)), np.nan, np.float32)
    embedding = np.full((count, width), np.nan, np.float32) if width is not None else None
    for row, result in enumerate(results):
        if isinstance(result, SegmentPrediction):
            probabilities[row] = result.probabilities
            if embedding is not None:
                embedding[row] = result.embedding
    return Prediction(
        probabilities,
        np.array([isinstance(r, SegmentPrediction) for r in results], bool),
        embedding,
        tuple(r if isinstance(r, str) else None for r in results),
        tuple(r.note if isinstance(r, SegmentPrediction) else "" for r in results),
        np.array([r.quality if isinstance(r, SegmentPrediction) else 1.0 for r in results], np.float32),
        _stacked([r.compounds if isinstance(r, SegmentPrediction) else None for r in results]),
    )


def _stacked(rows: Sequence[np.ndarray | None]) -> np.ndarray | None:
    """Compound probabilities [7] of S segments as [S, 7], NaN for None; None where no segment has any."""
    if all(row is None for row in rows):
        return None
    return np.stack([np.full(len(COMPOUNDS), np.nan, np.float32) if row is None else row for row in rows])


def absent(count: int, reason: str) -> Prediction:
    """A Prediction about `count` segments in none of which the modality is present."""
    return collect([reason] * count, None)


def join(parts: Sequence[Prediction]) -> Prediction:
    """Predictions about consecutive blocks as one."""
    width = next((part.embedding.shape[1] for part in parts if part.embedding is not None), None)
    embeddings = [
        part.embedding if part.embedding is not None else np.full((len(part), width or 0), np.nan, np.float32)
        for part in parts
    ]
    return Prediction(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.present for part in parts]),
        np.concatenate(embeddings) if width is not None else None,
        tuple(reason for part in parts for reason in part.reasons),
        tuple(note for part in parts for note in (part.notes or ("",) * len(part))),
        np.concatenate([part.quality for part in parts]),
        _stacked(
            [row for part in parts for row in (part.compounds if part.compounds is not None else [None] * len(part))]
        ),
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis, float32."""
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(-1, keepdims=True), np.float32)
