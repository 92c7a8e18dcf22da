"""Trains the linear layer that names the language of a speech synthesizer, which Whisper takes for another one.

    python -m cer.train.synthesizers --data DATA --out cer/weights

espeak-ng, a program that the system must have, reads aloud lines of SemEval and of subtitles, and what Django says in
its translations. Recordings of people are one class more: there Whisper's own guess stands. What was read is kept in
the work folder, a file for each language, so a run that ends early goes on where it was.
"""

import gettext
import json
import logging
import re
import subprocess
import time
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import save
from sklearn.linear_model import LogisticRegression

from cer.corpora import semeval2025, xed
from cer.errors import WeightsError
from cer.media.clip import SAMPLE_RATE
from cer.media.sound import decode_sound
from cer.perception.language import EXCERPT
from cer.perception.synthesizers import PERSON, WEIGHTS, Layer, named_by, speech_statistics
from cer.perception.transcription import guessed
from cer.train.calibrate import fit_temperature
from cer.train.publish import publish
from cer.train.script import arguments
from cer.train.sound import vary
from cer.train.voices import load_voices

logger = logging.getLogger(__name__)

# Languages of five million people or more that espeak-ng has a voice for and Django a translation: its names of both
# where they are not the language's code.
LANGUAGES = (
    "ar", "az", "be", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "fa", "fi", "fr", "he", "hi", "hr",
    "hu", "id", "it", "ja", "ka", "kk", "kn", "ko", "ml", "mr", "ms", "ne", "nl", "no", "pl", "pt", "ro", "ru",
    "sk", "sr", "sv", "sw", "ta", "te", "th", "tr", "uk", "ur", "uz", "vi", "zh",
)  # fmt: skip

VOICES = {"en": "en-us", "fr": "fr-fr", "no": "nb", "pt": "pt-br", "zh": "cmn"}
TRANSLATIONS = {"no": "nb", "pt": "pt_BR", "zh": "zh_Hans"}

VARIANTS = ("", "+m1", "+m3", "+m5", "+f1", "+f2", "+f4", "+klatt", "+Annie", "+Michael", "+max", "+linda")
VARIANTS_APART = ("", "+m7", "+f5", "+Andy", "+anika", "+steph")
READINGS, READINGS_APART = 60, 8  # of each language; other sentences and, but for the plain one, other voices
SENTENCE = (25, 110)  # characters, from and to
SPOKEN = {"ravdess": "en", "nemo": "pl", "emovo": "it"}  # by people
RECORDINGS = 350  # of people, of each corpus; some are joined with another, some changed
STRENGTH = 0.02  # of the regression, inverse


@lru_cache(maxsize=1)
def written(data: Path) -> pd.DataFrame:
    """Lines of SemEval and of subtitles, with their languages."""
    parts = (
        semeval2025.rows(data / "text/semeval2025-train.csv.gz", "train"),
        xed.rows(data / "text/xed-subtitles.csv.gz", "train"),
    )
    return pd.concat([part.to_pandas()[["text", "language"]] for part in parts])


def sentences(data: Path, language: str) -> list[str]:
    """What people wrote in a language."""
    table = written(data)
    lines = table["text"][table["language"] == language].tolist()
    usual = [plain(line) for line in [*lines[:: max(1, len(lines) // 400)], *translated(language)]]
    return sorted({line for line in usual if SENTENCE[0] <= len(line) <= SENTENCE[1]})


def translated(language: str) -> list[str]:
    """What Django says in a language."""
    django = find_spec("django")
    if django is None or django.origin is None:
        raise WeightsError("Django, whose translations are read aloud, is not installed (extra train).")
    texts = []
    for path in Path(django.origin).parent.rglob(f"locale/{TRANSLATIONS.get(language, language)}/LC_MESSAGES/*.mo"):
        with path.open("rb") as file:
            messages: Mapping[object, str] = vars(gettext.GNUTranslations(file))["_catalog"]
        texts += [text for key, text in messages.items() if key and text != key]
    return texts


def plain(text: str) -> str:
    """Text without places for values, marks and pictures."""
    text = re.sub(r"%\(\w+\)[sd]|%[sd]|\{[^}]*\}|<[^>]+>|https?\S+|@\S+", " ", text)
    spoken = "".join(sign if unicodedata.category(sign)[0] not in "SC" else " " for sign in text)
    return " ".join(spoken.split())


def aloud(text: str, language: str, variant: str, rng: np.random.Generator) -> np.ndarray | None:
    """A text read by espeak-ng, float32 mono 16 kHz, at most EXCERPT seconds; None for a text that it dies of."""
    voice, speed, pitch = VOICES.get(language, language) + variant, rng.integers(130, 200), rng.integers(30, 70)
    command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "--stdin", "--stdout"]
    read = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    return decode_sound(read.stdout)[: int(EXCERPT * SAMPLE_RATE)] if read.returncode == 0 else None


@dataclass(frozen=True, slots=True)
class Excerpts:
    """N excerpts of speech: statistics [N, 1024], Whisper's guesses [N], and the group [N] of each: the plain voice or
    another, kept apart or not, or a corpus of people.
    """

    statistics: np.ndarray
    guesses: list[dict[str, float]]
    groups: np.ndarray

    @property
    def apart(self) -> np.ndarray:
        """Which were kept apart, bool [N]."""
        return np.char.startswith(self.groups, "apart")

    @classmethod
    def of(cls, sounds: Iterable[tuple[str, np.ndarray]], path: Path) -> "Excerpts":
        """What Whisper base makes of (group, samples), kept in a file."""
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            answers = [(group, *guessed(samples)) for group, samples in sounds]
            np.savez(
                path,
                statistics=np.stack([speech_statistics(rows) for _, rows, _ in answers]),
                guesses=np.array([json.dumps(guess) for _, _, guess in answers]),
                groups=np.array([group for group, _, _ in answers]),
            )
            logger.info("%s: %d excerpts", path.stem, len(answers))
        stored = np.load(path)
        return cls(stored["statistics"], [json.loads(guess) for guess in stored["guesses"]], stored["groups"])


def readings(data: Path, language: str) -> Iterator[tuple[str, np.ndarray]]:
    """A language read aloud."""
    rng = np.random.default_rng(zlib.crc32(language.encode()))
    texts = np.array(sentences(data, language))
    later = np.array([zlib.crc32(text.encode()) % 6 == 0 for text in texts])
    for number in range(READINGS + READINGS_APART):
        aside = number >= READINGS
        chosen = rng.choice(texts[later == aside], 1 + number % 2)
        variant = str(rng.choice(VARIANTS_APART if aside else VARIANTS)) if number % 3 == 0 else ""
        samples = aloud(". ".join(chosen), language, variant, rng)
        if samples is None:
            continue
        changed = not aside and number % 4 == 3
        yield f"{'apart, ' * aside}{'another' if variant else 'plain'}", vary(samples, rng) if changed else samples


def people(data: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Recordings of people, one or two of a speaker at a time, every third changed."""
    voices = load_voices(data / "speech")
    rng = np.random.default_rng(0)
    for corpus in np.unique(voices.corpora):
        for number, row in enumerate(rng.permutation(np.flatnonzero(voices.corpora == corpus))[:RECORDINGS]):
            samples = voices.samples[row]
            if number % 2:
                other = rng.choice(np.flatnonzero(voices.speakers == voices.speakers[row]))
                samples = np.concatenate([samples, np.zeros(SAMPLE_RATE // 3, np.float32), voices.samples[other]])
            samples = samples[: int(EXCERPT * SAMPLE_RATE)]
            yield str(corpus), vary(samples, rng) if number % 3 == 2 else samples


def fit(statistics: np.ndarray, names: np.ndarray) -> Layer:
    """A regression on statistics [N, 1024] of named languages, or PERSON [N]."""
    mean, deviation = statistics.mean(0), statistics.std(0) + 1e-3
    regression = LogisticRegression(C=STRENGTH, max_iter=500).fit((statistics - mean) / deviation, names)
    weights = (regression.coef_ / deviation).T
    return Layer(list(regression.classes_), weights, regression.intercept_ - mean @ weights)


def together(read: Mapping[str, Excerpts], person: Excerpts, without: str = "") -> Layer:
    """Fitted to what was not kept apart, and to people of all corpora or all but one; as sure as it is right about the
    readings kept apart.
    """
    rows = person.groups != without
    parts = {name: excerpts.statistics[~excerpts.apart] for name, excerpts in read.items()}
    parts[PERSON] = person.statistics[rows]
    layer = fit(*labeled(parts))
    statistics, names = labeled({name: excerpts.statistics[excerpts.apart] for name, excerpts in read.items()})
    targets = np.equal.outer(names, np.array(layer.classes)).astype(np.float32)
    temperature = fit_temperature(statistics @ layer.weights + layer.bias, targets)
    return Layer(layer.classes, layer.weights / temperature, layer.bias / temperature)


def labeled(parts: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Statistics [N, 1024] of all parts, and the name [N] of each."""
    return np.concatenate(list(parts.values())), np.repeat(list(parts), [len(part) for part in parts.values()])


def right(layer: Layer | None, excerpts: Excerpts, rows: np.ndarray, language: str) -> np.ndarray:
    """Whether the language of each of the rows is named; by Whisper alone without a layer."""
    answers = [
        excerpts.guesses[row] if layer is None else named_by(layer, excerpts.statistics[row], excerpts.guesses[row])
        for row in np.flatnonzero(rows)
    ]
    return np.array([max(answer, key=lambda code: answer[code]) == language for answer in answers])


def measure(layer: Layer, read: Mapping[str, Excerpts], person: Excerpts) -> dict[str, object]:
    """Share of excerpts whose language is named, by Whisper alone and with the layer: readings kept apart, by the plain
    voice and by others; people by a layer that lacks their corpus.
    """
    metrics: dict[str, object] = {}
    for group in ("apart, plain", "apart, another"):
        for name, by in (("Whisper", None), ("with the layer", layer)):
            each = {code: right(by, excerpts, excerpts.groups == group, code) for code, excerpts in read.items()}
            metrics[f"{group}: {name}"] = round(float(np.concatenate(list(each.values())).mean()), 4)
            metrics[f"{group}: {name}, each"] = {code: round(float(hits.mean()), 3) for code, hits in each.items()}
    for corpus, language in SPOKEN.items():
        rows = person.groups == corpus
        metrics[f"{corpus}: Whisper"] = round(float(right(None, person, rows, language).mean()), 4)
        lacking = together(read, person, without=corpus)
        metrics[f"{corpus}: with the layer"] = round(float(right(lacking, person, rows, language).mean()), 4)
    return metrics


def main() -> None:
    options = arguments(__doc__)
    started = time.monotonic()
    folder = options.work / "synthesizers"
    read = {name: Excerpts.of(readings(options.data, name), folder / f"{name}.npz") for name in LANGUAGES}
    person = Excerpts.of(people(options.data), folder / "people.npz")
    layer = together(read, person)
    content = save({"weights": layer.weights.astype(np.float16), "bias": layer.bias.astype(np.float32)})
    publish(
        options.out,
        WEIGHTS,
        content,
        name="CER languages of synthesizers",
        license="CC BY-NC-SA 4.0 (RAVDESS, nEMO)",
        run={
            "classes": layer.classes,
            "readings": sum(len(excerpts.guesses) for excerpts in read.values()),
            "seconds": round(time.monotonic() - started),
            "metrics": measure(layer, read, person),
        },
    )


if __name__ == "__main__":
    main()
