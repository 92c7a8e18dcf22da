"""The pipeline: evidence -> predictions -> fusion -> compound expressions -> Analysis, in blocks of bounded length.

A clip is observed once, for everybody in it; concluding for one person or another takes milliseconds.
"""

import logging
import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from cer.errors import CerError, WeightsError
from cer.fusion.decision import decision
from cer.labels import MODALITIES
from cer.media.clip import Clip
from cer.media.reader import probe
from cer.modalities.base import Modality, Multilingual, Prediction, Transcribing, absent, join
from cer.modalities.registry import DEFAULT, modalities, resolve_profile
from cer.perception.evidence import BLOCK, RATE, Evidence, gather, spoken_longest
from cer.perception.speech import Utterance
from cer.perception.transcription import Sentence
from cer.progress import Progress, silent
from cer.results.analysis import Analysis, Model, Person
from cer.segments import Segment, timeline, windows

logger = logging.getLogger(__name__)

MAX_PEOPLE = 6  # analyzed in one block, those seen most
NO_SOUND = np.zeros(0, np.float32)
MIN_SIGHTINGS = 3  # of a person in the clip to be listed; fewer are a passer-by or a false alarm


@dataclass
class Observation:
    """What all modalities see in a clip, for every person in it. Made by `observe`; ask it for an Analysis with
    `conclude`.
    """

    clip: Clip
    profile: str
    models: list[Model]
    sources: dict[str, str] = field(default_factory=dict)  # modality -> what its evidence comes from
    segments: list[Segment] = field(default_factory=list)
    blocks: list[dict[int | None, dict[str, Prediction]]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    people: dict[int, Person] = field(default_factory=dict)
    boxes: dict[int, list[np.ndarray]] = field(default_factory=dict)
    transcript: list[Sentence] = field(default_factory=list)
    utterances: list[Utterance] = field(default_factory=list)  # without their sound
    timings: dict[str, float] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)  # modality -> why its weights cannot be had
    warnings: list[str] = field(default_factory=list)  # what of the clip was damaged or lost

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.timings[stage] = self.timings.get(stage, 0.0) + time.perf_counter() - started

    @property
    def language(self) -> str | None:
        """The code of the language that is spoken longest; None where none was identified."""
        return spoken_longest(self.utterances)

    def people_by_screen_time(self) -> list[Person]:
        """The people of the clip, the one seen longest first; passers-by only when there is nobody else."""
        people = sorted(self.people.values(), key=lambda person: (-person.seconds_visible, person.id))
        return [person for person in people if person.seconds_visible >= MIN_SIGHTINGS / RATE - 1e-6] or people

    def conclude(self, person: int | None = None) -> Analysis:
        """The Analysis for one person; by default for whoever is seen longest. Raises CerError for a person the clip
        does not show.
        """
        people = self.people_by_screen_time()
        if person is not None and person not in self.people:
            listed = ", ".join(str(person.id) for person in people) or "nobody"
            raise CerError(f"{self.clip.name}: person {person} is not in this clip; it shows {listed}.")
        chosen = person if person is not None else people[0].id if people else None
        started = time.perf_counter()
        predictions = {
            name: join([block.get(chosen, block[None]).get(name) or block[None][name] for block in self.blocks])
            for name in MODALITIES
        }
        present = np.stack([predictions[name].present for name in MODALITIES], 1)
        rules = decision()
        embeddings = {name: prediction.embedding for name, prediction in predictions.items()}
        outcome = rules.decide(
            np.stack([predictions[name].probabilities for name in MODALITIES], 1),
            present,
            rules.similarities(embeddings, len(present)),
            np.stack([predictions[name].quality for name in MODALITIES], 1),
        )
        statement, statements = rules.statements(outcome)
        times = np.array(self.times or np.arange(0, self.segments[-1].end, 1 / RATE), np.float64)
        return Analysis(
            clip=self.clip,
            profile=self.profile,
            segments=self.segments,
            predictions=predictions,
            sources=self.sources,
            outcome=outcome,
            statements=statements,
            statement=statement,
            times=times,
            timeline=timeline(self.segments, outcome.compound, times),
            person=chosen,
            people=people,
            models=self.models,
            timings={**self.timings, "fusion": time.perf_counter() - started},
            transcript=self.transcript,
            language=self.language,
            warnings=tuple(self.warnings),
            boxes=np.array(self.boxes.get(chosen, []) if chosen is not None else [], np.float32).reshape(-1, 5),
        )


def observe(
    clip: str | Path | Clip, *, profile: str = DEFAULT, progress: Progress = silent, max_duration: float = math.inf
) -> Observation:
    """Process a clip once, with every modality of the profile.

    Args:
        clip: Any video or audio file that FFmpeg reads, or the Clip that `probe` returned for one.
        profile: "embedded", "paper" or "auto", then any number of ",MODALITY=IMPLEMENTATION".
        progress: Called with a stage and the fraction done in [0, 1]; an exception it raises ends the work.
        max_duration: Seconds of the clip that are accepted.

    Returns:
        Predictions of all modalities for everybody in the clip. A modality whose weights are missing or damaged is
        absent, with that reason.

    Raises:
        ClipError: The clip cannot be read, or is longer than `max_duration`, whatever its header says.
        CerError: The profile does not exist.
    """
    probed = clip if isinstance(clip, Clip) else probe(clip)
    profile = resolve_profile(profile)
    serving = modalities(profile)
    unavailable = _load(serving, progress)
    observed = Observation(
        probed,
        profile,
        models_of(serving),
        {name: modality.source for name, modality in serving.items()},
        unavailable=unavailable,
    )
    end, words = 0.0, serving["text"]
    evidence = gather(
        observed.clip,
        lambda stage, fraction: progress(stage, 0.9 * fraction),
        keep_frames=any(modality.needs_frames for modality in serving.values()),
        transcriber=words.transcribe if isinstance(words, Transcribing) and "text" not in unavailable else None,
        max_duration=max_duration,
        warn=observed.warnings.append,
    )
    while True:
        with observed.timed("gathering evidence"):
            block = next(evidence, None)
        if block is None:
            break
        _add(observed, block, serving, progress)
        end = block.end
    observed.clip = replace(observed.clip, duration=end)  # of what could be decoded; the header may promise more
    _number(observed)
    if observed.language is not None and isinstance(words, Multilingual):
        observed.warnings += [limit for limit in [words.domain(observed.language)] if limit]
    progress("done", 1.0)
    return observed


def _number(observed: Observation) -> None:
    """Number the people 1, 2, 3, ... by screen time; while a clip is watched they have their track's number."""
    ranked = sorted(observed.people.values(), key=lambda person: (-person.seconds_visible, person.id))
    number = {person.id: rank for rank, person in enumerate(ranked, 1)}
    observed.people = {number[person.id]: replace(person, id=number[person.id]) for person in ranked}
    observed.boxes = {number[track]: boxes for track, boxes in observed.boxes.items()}
    observed.blocks = [
        {None if track is None else number[track]: predictions for track, predictions in block.items()}
        for block in observed.blocks
    ]


def _load(serving: dict[str, Modality], progress: Progress) -> dict[str, str]:
    """Fetch and check every modality's weights; why, for those that cannot be had."""
    missing = {}
    for name, modality in serving.items():
        progress(f"models of {name.replace('_', ' ')}", 0.0)
        try:
            _ = modality.checkpoints
        except WeightsError as error:
            logger.warning("%s is absent: %s", name, error)
            missing[name] = f"model not available: {error}"
    return missing


def models_of(serving: dict[str, Modality]) -> list[Model]:
    """The weight files behind the modalities and the fusion; those that cannot be had are left out."""
    models = []
    for name, modality in serving.items():
        with suppress(WeightsError):
            models += [
                Model(name, checkpoint.name, checkpoint.revision, checkpoint.sha256)
                for checkpoint in modality.checkpoints
            ]
    rules = decision()
    last = [rules.checkpoint, rules.open_set_checkpoint]
    return [*models, *(Model("fusion", file.name, file.revision, file.sha256) for file in last)]


def _add(observed: Observation, block: Evidence, serving: dict[str, Modality], progress: Progress) -> None:
    """Let every modality look at one block."""
    segments = [segment for segment in windows(block.end) if block.start <= segment.start < block.start + BLOCK]
    if observed.segments and not segments:
        return _remember(observed, block)
    observed.segments += segments
    appearances = Counter(sighting.person for sighting in block.sightings)
    people: list[int | None] = [None, *(person for person, _ in appearances.most_common(MAX_PEOPLE))]
    results: dict[int | None, dict[str, Prediction]] = {person: {} for person in people}
    done = 0.9 * min(block.end / observed.clip.duration, 1.0) if observed.clip.duration else 0.9
    for name, modality in serving.items():
        progress(name.replace("_", " "), done)
        with observed.timed(name):
            for person in people if modality.per_person else [None]:
                results[person][name] = (
                    absent(len(segments), observed.unavailable[name])
                    if name in observed.unavailable
                    else _predict(modality, block, segments, person)
                )
    observed.blocks.append(results)
    _remember(observed, block)


def _predict(modality: Modality, block: Evidence, segments: list[Segment], person: int | None) -> Prediction:
    try:
        return modality.predict(block, segments, person)
    except WeightsError as error:
        logger.warning("%s is absent: %s", modality.name, error)
        return absent(len(segments), f"model not available: {error}")


def _remember(observed: Observation, block: Evidence) -> None:
    """Keep what outlives the block: times, words, who was seen how long, and where."""
    last = observed.times[-1] if observed.times else -1.0
    observed.times += [cue.time for cue in block.cues if cue.time > last]
    last_start = observed.utterances[-1].start if observed.utterances else -1.0
    for utterance in block.utterances:
        if utterance.start > last_start:
            observed.transcript += utterance.sentences
            observed.utterances.append(replace(utterance, samples=NO_SOUND, rows=NO_SOUND))
    for sighting in block.sightings:
        if sighting.time <= last:
            continue
        person = observed.people.get(sighting.person)
        best = person.thumbnail if person is not None and len(observed.boxes[sighting.person]) > 5 else sighting.crop
        observed.people[sighting.person] = Person(
            sighting.person,
            (person.seconds_visible if person else 0.0) + 1 / RATE,
            person.first_seen if person else sighting.time,
            best,
        )
        observed.boxes.setdefault(sighting.person, []).append(np.array([sighting.time, *sighting.face.box], np.float32))


def analyze(
    clip: str | Path, *, profile: str = DEFAULT, person: int | None = None, progress: Progress = silent
) -> Analysis:
    """Compound expressions in a clip: `observe` and `conclude` in one call. See there for arguments and errors."""
    return observe(clip, profile=profile, progress=progress).conclude(person)
