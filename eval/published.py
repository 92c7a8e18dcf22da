"""Results that others published, to stand beside ours: cited, not reproduced here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """macro_f1: a share of 1. protocol: what to know before comparing."""

    corpus: str
    system: str
    macro_f1: float
    source: str
    protocol: str


PUBLISHED = (
    Published("afew", "Team RAS, 9th ABAW", 0.4902, "arXiv 2507.02205", "validation clips, 7 classes, zero-shot"),
    Published("affwild2", "Team RAS, 9th ABAW", 0.4695, "arXiv 2507.02205", "validation, fusion chosen on it"),
    Published("affwild2", "10th ABAW entry", 0.5368, "arXiv 2603.12221", "validation frames, 8 classes, supervised"),
    Published("c-expr-db", "Netease, 7th ABAW", 0.6063, "arXiv 2503.07969", "test frames, trained on compound labels"),
    Published("c-expr-db", "Team RAS, 9th ABAW", 0.3485, "arXiv 2507.02205", "test frames, zero-shot"),
    Published("c-expr-db", "HSEmotion, 7th ABAW", 0.3146, "arXiv 2407.13184", "test frames, basic labels only"),
    Published("c-expr-db", "AVCER", 0.2556, "arXiv 2403.12687", "test frames, zero-shot"),
    Published("c-expr-db", "SUN, 6th ABAW", 0.2201, "arXiv 2403.12687", "test frames, zero-shot"),
)


def beside(corpus: str) -> list[Published]:
    """The published results of a corpus, the best first."""
    return sorted((result for result in PUBLISHED if result.corpus == corpus), key=lambda result: -result.macro_f1)
