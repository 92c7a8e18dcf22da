"""Results that others published, to stand beside ours: cited, not reproduced here."""

from dataclasses import dataclass

NAMES = {
    "macro_f1": "macro-F1",
    "uar": "UAR",
    "war": "WAR",
    "weighted_f1": "weighted F1",
    "acc_presence": "ACC presence",
    "acc_salience": "ACC salience",
}


@dataclass(frozen=True, slots=True)
class Published:
    """macro_f1, acc_presence, acc_salience: shares of 1, None where not reported. protocol: what to know before
    comparing.
    """

    corpus: str
    system: str
    macro_f1: float | None
    source: str
    protocol: str
    acc_presence: float | None = None
    acc_salience: float | None = None

    def value(self, measure: str) -> float | None:
        """What was reported of a measure, by the name it has in results.json."""
        values = {name: getattr(self, name) for name in ("macro_f1", "acc_presence", "acc_salience")}
        return values.get(measure)


PUBLISHED = (
    Published("afew", "Team RAS, 9th ABAW", 0.4902, "arXiv 2507.02205", "validation clips, 7 classes, zero-shot"),
    Published("affwild2", "Team RAS, 9th ABAW", 0.4695, "arXiv 2507.02205", "validation, fusion chosen on it"),
    Published("affwild2", "10th ABAW entry", 0.5368, "arXiv 2603.12221", "validation frames, 8 classes, supervised"),
    Published("c-expr-db", "Netease, 7th ABAW", 0.6063, "arXiv 2503.07969", "test frames, trained on compound labels"),
    Published("c-expr-db", "Team RAS, 9th ABAW", 0.3485, "arXiv 2507.02205", "test frames, zero-shot"),
    Published("c-expr-db", "HSEmotion, 7th ABAW", 0.3146, "arXiv 2407.13184", "test frames, basic labels only"),
    Published("c-expr-db", "AVCER", 0.2556, "arXiv 2403.12687", "test frames, zero-shot"),
    Published("c-expr-db", "SUN, 6th ABAW", 0.2201, "arXiv 2403.12687", "test frames, zero-shot"),
    Published("blemore", "WavLM", None, "arXiv 2601.13225", "test clips, trained on the training set", 0.311, 0.084),
    Published(
        "blemore",
        "VideoMAEv2 + HuBERT",
        None,
        "arXiv 2601.13225",
        "test clips, trained on the training set",
        0.332,
        0.114,
    ),
    Published(
        "blemore",
        "challenge, sixth place",
        None,
        "arXiv 2603.23650",
        "test clips, trained on the training set",
        0.391,
        0.168,
    ),
)


def beside(corpus: str, measure: str = "macro_f1") -> list[Published]:
    """The results of a corpus that were published in a measure, the best first."""
    entries = [(value, entry) for entry in PUBLISHED if entry.corpus == corpus and (value := entry.value(measure))]
    return [entry for _, entry in sorted(entries, key=lambda pair: -pair[0])]
