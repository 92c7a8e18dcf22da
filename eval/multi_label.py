"""Scores of labels of several emotions, as SemEval-2025 task 11 computes them.

For each language the F1 of every label that its annotators had on their list, 0 where a label neither occurs nor is
predicted; their mean is the language's macro-F1; the mean over languages is the score of a run.

N items, L classes of the corpus. Saliences are int [N, L] as in `cer.corpora.several`: -1 where not annotated.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from cer.corpora.base import Corpus
from cer.corpora.multilingual import two_letters
from cer.corpora.several import WHOLE
from cer.fusion.calibration import calibration_error, reliability
from cer.labels import EMOTIONS
from cer.modalities.registry import modalities
from cer.modalities.text import Text
from cer.models.checkpoints import SHIPPED
from eval import blends
from eval.scores import RESAMPLES, Scores, measures_of, resampled
from eval.targets import Targets

_NEUTRAL = EMOTIONS.index("Neutral")


def restrict(probabilities: np.ndarray, saliences: np.ndarray, corpus: Corpus) -> np.ndarray:
    """Probabilities [N, 8] over Neutral and the labels that are annotated for each item, normalized."""
    allowed = np.zeros(probabilities.shape, bool)
    allowed[:, _NEUTRAL] = True
    allowed[:, corpus.columns] = saliences >= 0
    restricted = np.where(allowed, probabilities, 0).astype(np.float64)
    total = restricted.sum(1, keepdims=True)
    return np.where(total > 0, restricted / np.maximum(total, 1e-12), allowed / allowed.sum(1, keepdims=True))


def decide(probabilities: np.ndarray, languages: np.ndarray, corpus: Corpus) -> np.ndarray:
    """The predicted saliences, int [N, L], from restricted probabilities [N, 8] of items in those languages [N].

    They are blends, or the labels that reach the corpus' thresholds.
    """
    if corpus.blends:
        return blends.decide(probabilities, corpus.classes)
    assert corpus.thresholds is not None, f"{corpus.name}: a corpus of several labels declares thresholds"
    limits = np.zeros((len(probabilities), len(corpus.classes)))
    for language in set(languages):
        chosen = {**corpus.thresholds, **(corpus.language_thresholds or {}).get(str(language), {})}
        limits[languages == language] = [chosen[name] for name in corpus.classes]
    return np.where(probabilities[:, corpus.columns] >= limits, WHOLE, 0)


def strongest_is_right(probabilities: np.ndarray, saliences: np.ndarray, corpus: Corpus) -> np.ndarray:
    """Whether the strongest of Neutral and the labels is one of the item's, bool [N]; Neutral is where none is."""
    truth = np.zeros(probabilities.shape, bool)
    truth[:, corpus.columns] = saliences > 0
    truth[:, _NEUTRAL] |= ~truth.any(1)
    return np.asarray(truth[np.arange(len(truth)), probabilities.argmax(1)])


def outcomes(saliences: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """[N, L, 4] of true and predicted presence [N, L]: true negatives, false positives, misses and hits of each item;
    all 0 where not annotated.
    """
    cells = 2 * (saliences > 0) + predicted
    return np.eye(4)[cells] * (saliences >= 0)[..., None]


def f1_of(counts: np.ndarray) -> np.ndarray:
    """F1 [..., L] of counts [..., L, 4]; 0 where undefined."""
    wrong = counts[..., 1] + counts[..., 2]
    hits = counts[..., 3]
    return np.asarray(np.where(hits + wrong > 0, 2 * hits / np.maximum(2 * hits + wrong, 1), 0.0))


def measures(counts: np.ndarray, annotated: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of one language from counts [..., L, 4], over the labels it has, bool [L].

    macro_f1: mean F1 of the labels. uar: mean recall of those that occur. weighted_f1: F1 weighted by occurrence.
    """
    counts = counts[..., annotated, :]
    f1, occurs = f1_of(counts), counts[..., 2] + counts[..., 3]
    recall = counts[..., 3] / np.maximum(occurs, 1)
    return {
        "macro_f1": f1.mean(-1),
        "uar": (recall * (occurs > 0)).sum(-1) / np.maximum((occurs > 0).sum(-1), 1),
        "weighted_f1": (f1 * occurs).sum(-1) / np.maximum(occurs.sum(-1), 1),
    }


def pooled(predicted: np.ndarray, saliences: np.ndarray, right: np.ndarray, corpus: Corpus) -> dict[str, np.ndarray]:
    """Measures that are shares of all items, whatever their language: name -> [N, 2], what is right and what counts."""
    everything = np.ones(len(right))
    shares = {"war": np.column_stack([right, everything])}
    if corpus.blends:
        present = ((predicted > 0) == (saliences > 0)).all(1)
        blended = (saliences > 0).sum(1) == 2
        shares["acc_presence"] = np.column_stack([present, everything])
        shares["acc_salience"] = np.column_stack([(predicted == saliences).all(1) & blended, blended])
    return shares


def score(probabilities: np.ndarray, saliences: np.ndarray, languages: np.ndarray, corpus: Corpus) -> Scores:
    """Scores of distributions [N, 8]. The bootstrap draws items of each language.

    war: how often the strongest class is right; ece: of the strongest class. acc_presence, acc_salience: of blends
    alone, see `eval.blends`. confusion: [L, 4], see `outcomes`.
    """
    restricted = restrict(probabilities, saliences, corpus)
    predicted = decide(restricted, languages, corpus)
    counts = outcomes(saliences, predicted > 0)
    right = strongest_is_right(restricted, saliences, corpus)
    shares = pooled(predicted, saliences, right, corpus)
    cells = len(corpus.classes) * 4
    flat = np.column_stack([counts.reshape(-1, cells), *shares.values()])
    whole: list[dict[str, np.ndarray]] = []
    drawn: list[dict[str, np.ndarray]] = []
    totals, drawn_totals = flat[:, cells:].sum(0), np.zeros((RESAMPLES, flat.shape[1] - cells))
    for name in sorted(set(languages)):
        rows = languages == name
        sums, spread = flat[rows].sum(0), resampled(flat[rows])
        drawn_totals += spread[:, cells:]
        for results, tallies in ((whole, sums), (drawn, spread)):
            by_label = tallies[..., :cells].reshape(*tallies.shape[:-1], -1, 4)
            results.append(measures(by_label, counts[rows].any((0, 2))))
    values = {name: float(np.mean([item[name] for item in whole])) for name in whole[0]}
    spreads = {name: np.mean([item[name] for item in drawn], axis=0) for name in drawn[0]}
    for place, name in enumerate(shares):
        values[name] = float(totals[2 * place] / max(totals[2 * place + 1], 1))
        spreads[name] = drawn_totals[:, 2 * place] / np.maximum(drawn_totals[:, 2 * place + 1], 1)
    believed = np.where(right, restricted.argmax(1), -1)  # a class that is never the strongest, where that is wrong
    values["ece"] = calibration_error(restricted, believed)
    limits = {name: np.percentile(spreads[name], [2.5, 97.5]) for name in measures_of(corpus.blends)}
    intervals = {name: (float(low), float(high)) for name, (low, high) in limits.items()}
    return Scores(values, intervals, counts.sum(0).astype(int), reliability(restricted, believed))


def by_language(mean: np.ndarray, corpus: Corpus, targets: Targets) -> Iterator[tuple[str, Scores]]:
    """(language, scores) of clip-wise distributions [N, 8], NaN where absent."""
    assert targets.languages is not None
    scored = ~np.isnan(mean).any(1)
    for name in sorted(set(targets.languages[scored])):
        rows = scored & (targets.languages == name)
        yield str(name), score(mean[rows], targets.truth[rows], targets.languages[rows], corpus)


def trained_languages(profile: str) -> frozenset[str] | None:
    """The languages that the notes of the text heads declare, by two letters; None where they declare none, or the
    profile has another head.
    """
    if not isinstance(modalities(profile)["text"], Text):
        return None
    notes = [Path(SHIPPED) / f"{name}.json" for name in ("text", "text_multilingual")]
    declared = [json.loads(note.read_text("utf-8")).get("languages", []) for note in notes if note.is_file()]
    return frozenset(two_letters(name) for names in declared for name in names) or None


def in_trained(languages: np.ndarray, profile: str) -> np.ndarray | None:
    """Which items are in a language the head was trained on, bool [N]; None where none is, or nothing is declared."""
    trained = trained_languages(profile)
    if trained is None:
        return None
    rows = np.array([two_letters(str(name)) in trained for name in languages], bool)
    return rows if rows.any() else None


def declared(corpus: Corpus) -> dict[str, Any]:
    """What the configuration of a run says about how labels are decided."""
    if corpus.thresholds is None:
        return {}
    by_language = {name: dict(limits) for name, limits in (corpus.language_thresholds or {}).items()}
    return {"thresholds": dict(corpus.thresholds), "language_thresholds": by_language}


def document(means: Mapping[str, np.ndarray], corpus: Corpus, targets: Targets, profile: str) -> dict[str, Any]:
    """What results.json holds beside the scores: those of each language, and the mean over the trained ones."""
    assert targets.languages is not None
    if not (targets.languages != "").any():
        return {}
    languages, trained = {}, {}
    for view, mean in means.items():
        languages[view] = {name: _entry(scores, corpus) for name, scores in by_language(mean, corpus, targets)}
        scored = ~np.isnan(mean).any(1)
        rows = in_trained(targets.languages, profile)
        if rows is not None and (rows & scored).any():
            rows &= scored
            scores = score(mean[rows], targets.truth[rows], targets.languages[rows], corpus)
            trained[view] = {
                "languages": sorted(set(targets.languages[rows].tolist())),
                "macro_f1": scores.values["macro_f1"],
                "interval": list(scores.intervals["macro_f1"]),
            }
    return {"languages": languages, "trained_languages": trained}


def _entry(scores: Scores, corpus: Corpus) -> dict[str, Any]:
    counts = scores.confusion
    f1 = f1_of(counts)
    return {
        "n": int(counts.sum(1).max()),
        **{name: scores.values[name] for name in ("macro_f1", "uar", "war", "weighted_f1", "ece")},
        "f1": {name: float(f1[k]) for k, name in enumerate(corpus.classes) if counts[k].any()},
    }
