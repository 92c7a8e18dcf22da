"""The pipeline: evidence -> predictions -> fusion -> compound expressions -> Analysis, in blocks of bounded length.

A clip is observed once, for everybody in it; concluding for one person or another takes milliseconds.
"""

import logging
import math
from collections import Counter, deque
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from cer.errors import WeightsError
from cer.files import sha256_of
from cer.fusion.decision import decision
from cer.media.clip import Clip
from cer.media.reader import probe
from cer.modalities.base import Modality, Multilingual, Prediction, Preparing, Transcribing, absent
from cer.modalities.registry import DEFAULT, modalities, resolve_profile
from cer.models.runtime import select_device
from cer.observation import Observation
from cer.perception.evidence import BLOCK, Evidence
from cer.perception.gathering import gather
from cer.perception.speaking import speaker_of
from cer.perception.transcription import Transcriber
from cer.progress import Progress, silent
from cer.results.analysis import Analysis, Model
from cer.segments import WINDOW, Segment, windows

logger = logging.getLogger(__name__)

NOT_ZERO_SHOT = "the forced choice of the seven comes from a model that was trained on compound labels"
MAX_PEOPLE = 6  # analyzed in one block, those seen most


def observe(
    clip: str | Path | Clip,
    *,
    profile: str = DEFAULT,
    device: str = "auto",
    progress: Progress = silent,
    max_duration: float = math.inf,
) -> Observation:
    """Process a clip once, with every modality of the profile.

    Args:
        clip: Any video or audio file that FFmpeg reads, or the Clip that `probe` returned for one.
        profile: "embedded", "paper" or "auto", then any number of ",MODALITY=IMPLEMENTATION".
        device: "auto" (a GPU where the installed libraries can use one), "cpu" or "cuda"; for the whole process.
        progress: Called with a stage and the fraction done in [0, 1]; an exception it raises ends the work.
        max_duration: Seconds of the clip that are accepted.

    Returns:
        Predictions of all modalities for everybody in the clip. A modality whose weights are missing or damaged is
        absent, with that reason.

    Raises:
        ClipError: The clip cannot be read, or is longer than `max_duration`, whatever its header says.
        CerError: The profile or the device does not exist.
    """
    growing = observe_blocks(clip, profile=profile, device=device, progress=progress, max_duration=max_duration)
    return deque(growing, maxlen=1).pop()


def observe_blocks(
    clip: str | Path | Clip,
    *,
    profile: str = DEFAULT,
    device: str = "auto",
    progress: Progress = silent,
    max_duration: float = math.inf,
) -> Iterator[Observation]:
    """As `observe`, but yields what is known after every block of 40 s; the last is what `observe` returns."""
    select_device(device)
    probed = clip if isinstance(clip, Clip) else probe(clip)
    probed = replace(probed, sha256=sha256_of(probed.path))
    observed, serving = prepared(probed, profile, progress)
    end = 0.0
    evidence = gather(
        observed.clip,
        lambda stage, fraction: progress(stage, 0.9 * fraction),
        **needs_of(observed, serving),
        transcriber=transcriber_of(observed, serving),
        max_duration=max_duration,
        warn=observed.warnings.append,
        meanwhile=lambda: _prepare(serving),
    )
    while True:
        with observed.timed("gathering evidence"):
            block = next(evidence, None)
        if block is None:
            break
        add_block(observed, block, serving, progress)
        end = block.end
        if not _is_last(block):  # what follows the last one is the whole observation
            yield observed.numbered()
    observed.clip = replace(observed.clip, duration=end)  # of what could be decoded; the header may promise more
    observed.warnings += limits(observed, serving)
    progress("done", 1.0)
    yield observed.numbered()


def prepared(clip: Clip, profile: str, progress: Progress) -> tuple[Observation, dict[str, Modality]]:
    """An empty observation of a clip, and the modalities that will fill it, their weights loaded."""
    profile = resolve_profile(profile)
    serving = modalities(profile)
    unavailable = _load(serving, progress)
    observed = Observation(
        clip,
        profile,
        models_of(serving, unavailable),
        {name: modality.source for name, modality in serving.items()},
        unavailable=unavailable,
    )
    return observed, serving


def limits(observed: Observation, serving: dict[str, Modality]) -> list[str]:
    """What to warn of about the language that is spoken, and about what a model was trained on."""
    warnings: list[str | None] = []
    words = serving["text"]
    if observed.language is not None and isinstance(words, Multilingual):
        warnings.append(words.domain(observed.language))
    if any(prediction.compounds is not None for prediction in observed.predictions_of("static_face")):
        warnings.append(NOT_ZERO_SHOT)
    return [limit for limit in warnings if limit]


def needs_of(observed: Observation, serving: dict[str, Modality]) -> dict[str, bool]:
    """What is to be gathered for these modalities beyond what all of them share: arguments of `gather`."""
    available = [modality for name, modality in serving.items() if name not in observed.unavailable]
    return {
        "keep_frames": any(modality.needs_frames for modality in available),
        "find_bodies": any(modality.needs_bodies for modality in available),
    }


def transcriber_of(observed: Observation, serving: dict[str, Modality]) -> Transcriber | None:
    """What writes down speech, where a modality brings its own."""
    words = serving["text"]
    return words.transcribe if isinstance(words, Transcribing) and "text" not in observed.unavailable else None


def _load(serving: dict[str, Modality], progress: Progress) -> dict[str, str]:
    """Fetch and check every modality's weights; why, for those that cannot be had."""
    missing = {}
    for name, modality in serving.items():
        progress(f"models of {name.replace('_', ' ')}", 0.0)
        try:
            modality.load(lambda stage, fraction: progress(f"{stage} ({fraction:.0%})", 0.0))
        except WeightsError as error:
            logger.warning("%s is absent: %s", name, error)
            missing[name] = f"model not available: {error}"
    return missing


def _prepare(serving: dict[str, Modality]) -> None:
    """Open the networks of the modalities; one that cannot be opened says so when it is asked."""
    for modality in serving.values():
        if isinstance(modality, Preparing):
            with suppress(WeightsError):
                modality.prepare()


def models_of(serving: dict[str, Modality], unavailable: Container[str] = ()) -> list[Model]:
    """The weight files behind the modalities and the fusion; those of unavailable modalities are left out."""
    models = [
        Model(name, checkpoint.name, checkpoint.revision, checkpoint.sha256)
        for name, modality in serving.items()
        if name not in unavailable
        for checkpoint in modality.describe()
    ]
    rules = decision()
    last = [rules.checkpoint, rules.open_set_checkpoint]
    return [*models, *(Model("fusion", file.name, file.revision, file.sha256) for file in last)]


def add_block(observed: Observation, block: Evidence, serving: dict[str, Modality], progress: Progress) -> None:
    """Let every modality look at one block; the last one, which is shorter, has all segments that are left."""
    limit = block.end if _is_last(block) else block.start + BLOCK
    segments = [segment for segment in windows(block.end) if block.start <= segment.start < limit]
    if observed.segments and not segments:
        return observed.remember(block)
    add_segments(observed, block, segments, serving, progress)


def _is_last(block: Evidence) -> bool:
    """Blocks but for the last one reach a window into the next."""
    return block.end - block.start < BLOCK + WINDOW


def add_segments(
    observed: Observation,
    block: Evidence,
    segments: list[Segment],
    serving: dict[str, Modality],
    progress: Progress = silent,
) -> None:
    """Let every modality look at these segments of a block."""
    observed.speakers += [speaker_of(block.segment(segment)) for segment in segments]
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
    observed.remember(block)


def _predict(modality: Modality, block: Evidence, segments: list[Segment], person: int | None) -> Prediction:
    try:
        return modality.predict(block, segments, person)
    except WeightsError as error:
        logger.warning("%s is absent: %s", modality.name, error)
        return absent(len(segments), f"model not available: {error}")


def analyze(
    clip: str | Path,
    *,
    profile: str = DEFAULT,
    device: str = "auto",
    person: int | None = None,
    progress: Progress = silent,
) -> Analysis:
    """Compound expressions in a clip, for one person: `observe` and `Observation.conclude` in one call.

    Args:
        clip: Any video or audio file that FFmpeg reads.
        profile: "embedded", "paper" or "auto", then any number of ",MODALITY=IMPLEMENTATION".
        device: "auto", "cpu" or "cuda"; for the whole process.
        person: Number of the person to analyze; by default the one with most screen time.
        progress: Called with a stage and the fraction done in [0, 1]; an exception it raises ends the work.

    Returns:
        The analysis: probabilities [S, 8] of each modality and fused, compound expressions [S, 7] for S segments.

    Raises:
        ClipError: The clip cannot be read.
        CerError: The profile or the device does not exist, or the clip does not show that person.
    """
    return observe(clip, profile=profile, device=device, progress=progress).conclude(person)
