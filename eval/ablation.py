"""Other decisions from the same predictions: subsets of modalities, other rules of fusion. No model is asked again."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cer.corpora.base import Corpus
from cer.errors import DataError
from cer.fusion.compound import ppa
from cer.fusion.decision import decision
from cer.fusion.mhpf import MHPF, average, subsets
from cer.labels import EMOTIONS, MODALITIES
from eval.finished import Run
from eval.results import restrict, scores_of
from eval.scores import Scores, confusion, macro_f1
from eval.tables import QUALITY, SIMILARITIES, column
from eval.targets import Targets

DRAWS = 500  # sets of weights that are tried for the Dirichlet-weighted fusion
_TINY = 1e-6  # of a probability in a product: one modality must not veto a class alone


@dataclass(frozen=True, slots=True)
class Predictions:
    """What the modalities said of R segments. probabilities: float32 [R, 6, 8]; present: bool [R, 6]; similarities:
    float32 [R, 6, 7], PFSA of each modality alone, NaN where it has none.
    """

    probabilities: np.ndarray
    present: np.ndarray
    similarities: np.ndarray
    quality: np.ndarray | None = None

    @classmethod
    def of(cls, table: pa.Table) -> "Predictions":
        probabilities = np.stack([column(table, name) for name in MODALITIES], 1)
        similarities = np.stack([column(table, SIMILARITIES[name]) for name in MODALITIES], 1)
        present = np.logical_not(np.isnan(probabilities).any(axis=2))
        return cls(np.nan_to_num(probabilities), present, similarities, np.nan_to_num(column(table, QUALITY), nan=1.0))

    @property
    def present_anywhere(self) -> list[int]:
        """Positions of the modalities that are present anywhere."""
        return [int(index) for index in np.flatnonzero(self.present.any(axis=0))]

    def only(self, members: tuple[int, ...]) -> np.ndarray:
        """present [R, 6] with all but the named modalities left out."""
        return self.present & np.isin(np.arange(len(MODALITIES)), members)


def decide(predictions: Predictions, present: np.ndarray, fusion: MHPF) -> dict[str, np.ndarray]:
    """The views of segments by MHPF of the present modalities: fused [R, 8]; ppa, pfsa and compound [R, 7]."""
    outcome = decision().decide(
        predictions.probabilities, present, predictions.similarities, predictions.quality, fusion
    )
    return {"fused": outcome.fused, "ppa": outcome.ppa, "pfsa": outcome.pfsa, "compound": outcome.compound}


def views_of(corpus: Corpus) -> tuple[str, ...]:
    """The views in which a subset is scored."""
    return ("ppa", "pfsa", "compound") if corpus.compound else ("fused",)


def ablate(predictions: Predictions, corpus: Corpus, targets: Targets) -> dict[tuple[int, ...], dict[str, Scores]]:
    """Scores of every subset of the modalities, by view."""
    fusion = decision().fusion
    results: dict[tuple[int, ...], dict[str, Scores]] = {}
    for members in subsets(predictions.present_anywhere):
        views = decide(predictions, predictions.only(members), fusion)
        scored = {view: scores_of(views[view], corpus, targets) for view in views_of(corpus)}
        results[members] = {view: scores for view, scores in scored.items() if scores is not None}
    return results


def product(predictions: Predictions) -> np.ndarray:
    """The normalized product of the present modalities' probabilities, float [R, 8]; NaN rows where none is."""
    logs = np.where(predictions.present[..., None], np.log(np.maximum(predictions.probabilities, _TINY)), 0).sum(1)
    raised = np.exp(logs - logs.max(1, keepdims=True))
    fused = raised / raised.sum(1, keepdims=True)
    return np.where(np.any(predictions.present, axis=1)[:, None], fused, np.nan)


def weighted(predictions: Predictions, weights: np.ndarray) -> np.ndarray:
    """Fusion by weights [6, 8] of each modality and class, renormalized over those present, float [R, 8]."""
    shares = weights[None] * predictions.present[..., None]
    fused = (shares * predictions.probabilities).sum(1) / np.maximum(shares.sum(1), 1e-12)
    total = fused.sum(1, keepdims=True)
    return np.where(np.any(predictions.present, axis=1)[:, None], fused / np.maximum(total, 1e-12), np.nan)


def dirichlet(
    predictions: Predictions, corpus: Corpus, targets: Targets, among: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Weights [6, 8] as in the SUN and AVCER papers (arXiv 2403.12687): for each class drawn from a flat Dirichlet
    prior over the modalities, the draw that gives the best macro-F1 on the targets `among` bool [N].
    """
    rng = np.random.default_rng(seed)
    best, chosen = -1.0, np.full((len(MODALITIES), len(EMOTIONS)), 1 / len(MODALITIES))
    for _ in range(DRAWS):
        weights = rng.dirichlet(np.ones(len(MODALITIES)), len(EMOTIONS)).T
        mean = targets.average(weighted(predictions, weights))
        rows = among & ~np.isnan(mean).any(1)
        predicted = restrict(mean[rows], corpus).argmax(1)
        reached = float(macro_f1(confusion(targets.truth[rows], predicted, len(corpus.classes))))
        if reached > best:
            best, chosen = reached, weights
    return chosen


def weights_from(validation: Run) -> np.ndarray:
    """Dirichlet weights [6, 8] that a finished run on basic emotions chooses. Raises DataError for other labels."""
    if validation.corpus.compound or validation.corpus.multi_label:
        labels = "compound labels" if validation.corpus.compound else "several labels an item"
        raise DataError(f"{validation.folder}: weights are chosen on basic emotions; this run has {labels}.")
    scored = np.ones(len(validation.targets.truth), bool)
    return dirichlet(Predictions.of(validation.table), validation.corpus, validation.targets, scored)


def fused_by_rule(
    predictions: Predictions, corpus: Corpus, targets: Targets, weights: np.ndarray | None = None
) -> dict[str, np.ndarray]:
    """Each rule of fusion, float [R, 8]: MHPF, mean, product and, where weights can be chosen, Dirichlet-weighted.

    `weights` [6, 8] come from another corpus. Without them they are chosen on one half of the clips and applied to the
    other, which a corpus of compound labels does not allow: the method must not see one.
    """
    fused = {
        "MHPF": decision().fusion.fuse(predictions.probabilities, predictions.present),
        "mean": average(len(MODALITIES)).fuse(predictions.probabilities, predictions.present),
        "product": product(predictions),
    }
    if weights is not None:
        fused["Dirichlet"] = weighted(predictions, weights)
    elif not corpus.compound and not corpus.multi_label and len(targets.ids) > 1:
        fused["Dirichlet"] = _crossed(predictions, corpus, targets)
    return fused


def rules(
    predictions: Predictions, corpus: Corpus, targets: Targets, weights: np.ndarray | None = None
) -> dict[str, dict[str, Scores]]:
    """Scores of each rule of fusion, by view; see `fused_by_rule`."""
    results: dict[str, dict[str, Scores]] = {}
    for rule, values in fused_by_rule(predictions, corpus, targets, weights).items():
        scored = scores_of(ppa(values) if corpus.compound else values, corpus, targets)
        if scored is not None:
            results[rule] = {"ppa" if corpus.compound else "fused": scored}
    return results


def _crossed(predictions: Predictions, corpus: Corpus, targets: Targets) -> np.ndarray:
    """Dirichlet-weighted fusion [R, 8], each half of the clips by the weights that were best on the other half."""
    odd_clip = np.arange(len(targets.ids)) % 2 == 1
    odd_row = np.asarray(targets.whole.T @ odd_clip[targets.groups].astype(float)) > 0
    by_even = weighted(predictions, dirichlet(predictions, corpus, targets, ~odd_clip[targets.groups]))
    by_odd = weighted(predictions, dirichlet(predictions, corpus, targets, odd_clip[targets.groups]))
    return np.where(odd_row[:, None], by_even, by_odd)
