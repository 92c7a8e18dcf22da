"""Which language is spoken: Whisper base's own guess, averaged over the first speech of a clip.

Whisper base comes in optional packages (extra `languages`). Without them nobody can tell: Whisper tiny.en, which writes
down English, knows no other language, and takes all speech for English.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from cer.media.clip import SAMPLE_RATE
from cer.models.checkpoints import WHISPER_BASE, installed
from cer.perception import transcription

ENOUGH = 12.0  # seconds of speech after which the language is settled
EXCERPT = 10.0  # seconds of an utterance that are judged
# Of the likeliest language; below it the language is not clear. RAVDESS: at least 0.96. Of 96 clips of three lines read
# by espeak-ng 0.96 are named, 0.93 at 0.5; of single recordings of nEMO 0.07 are named wrongly, 0.06 at 0.5.
MIN_PROBABILITY = 0.4
# A damaged recording spreads what it takes from the likeliest over all the others: 0.64 for English, 0.07 for the next
# in a synthetic voice, 0.49 to 0.52 and 0.12 when it is clipped.
MIN_LEAD, MIN_LEADING_PROBABILITY = 3.0, 0.35  # times the next language, which is clear as well, from there on

ENGLISH = "en"

NAMES = {
    "af": "Afrikaans", "am": "Amharic", "ar": "Arabic", "as": "Assamese", "az": "Azerbaijani", "ba": "Bashkir",
    "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali", "bo": "Tibetan", "br": "Breton", "bs": "Bosnian",
    "ca": "Catalan", "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish", "fo": "Faroese",
    "fr": "French", "gl": "Galician", "gu": "Gujarati", "ha": "Hausa", "haw": "Hawaiian", "he": "Hebrew",
    "hi": "Hindi", "hr": "Croatian", "ht": "Haitian Creole", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian",
    "is": "Icelandic", "it": "Italian", "ja": "Japanese", "jw": "Javanese", "ka": "Georgian", "kk": "Kazakh",
    "km": "Khmer", "kn": "Kannada", "ko": "Korean", "la": "Latin", "lb": "Luxembourgish", "ln": "Lingala",
    "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian", "mg": "Malagasy", "mi": "Maori", "mk": "Macedonian",
    "ml": "Malayalam", "mn": "Mongolian", "mr": "Marathi", "ms": "Malay", "mt": "Maltese", "my": "Burmese",
    "ne": "Nepali", "nl": "Dutch", "nn": "Nynorsk", "no": "Norwegian", "oc": "Occitan", "pa": "Punjabi",
    "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sa": "Sanskrit",
    "sd": "Sindhi", "si": "Sinhala", "sk": "Slovak", "sl": "Slovenian", "sn": "Shona", "so": "Somali",
    "sq": "Albanian", "sr": "Serbian", "su": "Sundanese", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil",
    "te": "Telugu", "tg": "Tajik", "th": "Thai", "tk": "Turkmen", "tl": "Tagalog", "tr": "Turkish", "tt": "Tatar",
    "uk": "Ukrainian", "ur": "Urdu", "uz": "Uzbek", "vi": "Vietnamese", "yi": "Yiddish", "yo": "Yoruba",
    "yue": "Cantonese", "zh": "Chinese",
}  # fmt: skip
"""Whisper's languages: two letters of ISO 639-1 where there are, and the name in English."""


def name_of(language: str) -> str:
    """The English name of a language, or its code where it has none here."""
    return NAMES.get(language, language)


@dataclass
class LanguageDetector:
    """The language of a clip, from the probabilities that Whisper base gives to its first utterances, each weighted
    by its length.
    """

    seconds: float = 0.0  # of speech that were judged
    _sums: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @property
    def available(self) -> bool:
        """Whether Whisper base is installed."""
        return installed(WHISPER_BASE)

    def prepare(self) -> None:
        """Open Whisper base, where it is installed, before there is speech to judge."""
        if self.available:
            transcription.open_multilingual()

    @property
    def judged(self) -> bool:
        """Whether any speech was judged."""
        return self.seconds > 0

    @property
    def settled(self) -> bool:
        """Whether enough speech was judged."""
        return self.seconds >= ENOUGH

    @property
    def language(self) -> str | None:
        """The code of the likeliest language; None where there is none, or it is not clear."""
        if not self.judged:
            return None
        likeliest, *others = sorted(self._sums, key=lambda code: -self._sums[code])
        probability = self._sums[likeliest] / self.seconds
        leads = not others or self._sums[likeliest] >= MIN_LEAD * self._sums[others[0]]
        clear = probability >= (MIN_LEADING_PROBABILITY if leads else MIN_PROBABILITY)
        return likeliest if clear else None

    def add(self, samples: np.ndarray) -> None:
        """Judge the beginning of an utterance, mono float32 [N] at 16 kHz. Raises WeightsError without Whisper base."""
        excerpt = samples[: int(EXCERPT * SAMPLE_RATE)]
        seconds = len(excerpt) / SAMPLE_RATE
        for code, probability in transcription.languages(excerpt).items():
            self._sums[code] += seconds * probability
        self.seconds += seconds
