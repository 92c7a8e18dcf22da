"""Analysis: the one result type, for the command line, the page, the API and the harness."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cer.fusion.decision import Outcome
from cer.fusion.open_set import Statement
from cer.labels import COMPOUNDS
from cer.media.clip import Clip
from cer.modalities.base import Prediction
from cer.perception.transcription import Sentence
from cer.perception.vocal_events import Event
from cer.segments import Segment


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose face the clip shows.

    thumbnail: RGB uint8 [112, 112, 3], kept in memory only; empty where the result came as a link. in_view: (start,
    end) seconds of each stretch.
    """

    id: int
    seconds_visible: float
    first_seen: float  # seconds
    thumbnail: np.ndarray
    in_view: tuple[tuple[float, float], ...] = ()
    still: bool = False  # nothing in the face ever changes: a photo, a poster


@dataclass(frozen=True, slots=True)
class Model:
    """A weight file that took part."""

    modality: str
    name: str
    revision: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Analysis:
    """The analysis of a clip of S segments and T frames for one person.

    Attributes:
        predictions: Prediction of each modality.
        sources: What each modality's evidence comes from (face, body and scene, voice, words).
        outcome: What MHPF, PPA and PFSA make of them; `fused`, `weights`, `ppa`, `pfsa` and `compound` are its arrays.
        statements: The open-set decision about each segment; `statement`: about the clip.
        times: Seconds [T], presentation times of the analyzed frames.
        timeline: float32 [T, 7], the compound decision averaged over overlapping segments.
        person: Whose face was analyzed; None when there is none.
        transcript: Sentence by sentence.
        speakers: Who speaks in each segment: a person's id, "off-screen", or None when nobody does or it cannot
            be told.
        events: Vocal bursts: laughing, crying, screaming, gasping and others.
        cuts: Seconds at which a new shot begins.
        language: The code of the language that is spoken longest; None where none was identified.
        warnings: What was damaged, lost or out of domain.
        boxes: [B, 5], time and face box (shares of width and height) of the person, kept in memory only.
        own_labels: Labels of the user's own, and `own`: their probabilities float32 [S, L], NaN rows where nothing
            tells; both empty unless asked for.
        own_sha256: Of the file that they were learned into.
    """

    clip: Clip
    profile: str
    segments: Sequence[Segment]
    predictions: dict[str, Prediction]
    sources: dict[str, str]
    outcome: Outcome
    statements: Sequence[Statement]
    statement: Statement
    times: np.ndarray
    timeline: np.ndarray
    person: int | None
    people: Sequence[Person]
    models: Sequence[Model]
    timings: dict[str, float]
    transcript: Sequence[Sentence] = ()
    events: Sequence[Event] = ()
    cuts: Sequence[float] = ()
    language: str | None = None
    warnings: Sequence[str] = ()
    speakers: Sequence[int | str | None] = ()
    boxes: np.ndarray = field(default_factory=lambda: np.zeros((0, 5), np.float32))
    own_labels: tuple[str, ...] = ()
    own: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    own_sha256: str = ""

    @property
    def subject(self) -> Person | None:
        """Whose face was analyzed; None when there is none."""
        return next((somebody for somebody in self.people if somebody.id == self.person), None)

    @property
    def fused(self) -> np.ndarray:
        """float32 [S, 8]; NaN rows where nothing is present."""
        return self.outcome.fused

    @property
    def weights(self) -> np.ndarray:
        """float32 [S, 6], the mean effective weight of each modality."""
        return self.outcome.weights

    @property
    def ppa(self) -> np.ndarray:
        """float32 [S, 7]."""
        return self.outcome.ppa

    @property
    def pfsa(self) -> np.ndarray:
        """float32 [S, 7]."""
        return self.outcome.pfsa

    @property
    def compound(self) -> np.ndarray:
        """float32 [S, 7], PPA and PFSA mixed."""
        return self.outcome.compound

    @property
    def overall(self) -> np.ndarray | None:
        """The compound decision for the clip: float [7], the mean over its time; None when nothing was present."""
        return mean_of_known(self.timeline)

    @property
    def basic(self) -> np.ndarray | None:
        """The fused basic emotions of the clip: float [8], the mean over segments; None when nothing was present."""
        return mean_of_known(self.fused)

    @property
    def label(self) -> str | None:
        """The compound expression of the clip, or None."""
        return None if self.overall is None else COMPOUNDS[int(self.overall.argmax())]

    def mean_prediction(self, modality: str, row: int | None = None) -> tuple[np.ndarray | None, str]:
        """The basic emotions [8] of a modality in segment `row`, or their mean over the clip; else None and the
        reason.
        """
        prediction = self.predictions[modality]
        if row is not None:
            return (
                (prediction.probabilities[row], "")
                if prediction.present[row]
                else (None, prediction.reasons[row] or "")
            )
        if prediction.present.any():
            return prediction.probabilities[prediction.present].mean(0), ""
        return None, next((reason for reason in prediction.reasons if reason), "")

    def note(self, modality: str, row: int) -> str:
        """The evidence in words of a modality in a segment; "" where there is none."""
        notes = self.predictions[modality].notes
        return notes[row] if notes else ""


def mean_of_known(values: np.ndarray) -> np.ndarray | None:
    """The mean float [K] of the rows [N, K] that are not NaN; None when all are."""
    valid = values[~np.isnan(values).any(1)]
    return valid.mean(0) if len(valid) else None


def compound_name(compound: np.ndarray) -> str | None:
    """The strongest of seven probabilities; None for a row of NaN."""
    return None if np.isnan(compound).any() else COMPOUNDS[int(compound.argmax())]
