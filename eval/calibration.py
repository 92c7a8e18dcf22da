"""Reliability of several runs side by side: is a confidence of 0.8 right eight times in ten, and how right are the
surest answers?

The answer is the strongest class of what the probabilities claim in the corpus (its prior multiplied back whole), not
the label that is decided for macro-F1: a confidence speaks of that class. Of items with several labels it is right when
it is one of them.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cer.fusion.calibration import calibration_error
from eval import multi_label
from eval.finished import Run, read_runs
from eval.results import restrict, values_of
from eval.scores import COVERAGES, accuracy_at, confusion, uar

COLUMNS = ("run", "corpus", "split", "view", "n", "accuracy", "uar", "ece", "mean_confidence", "accuracy_at_half")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a view of a run answers to N items. confidence: float [N]; right: bool [N]; uar: mean recall; ece: in 15
    bins of confidence. language: of the items, "" for all of them.
    """

    run: Run
    view: str
    confidence: np.ndarray
    right: np.ndarray
    uar: float
    ece: float
    language: str = ""

    @property
    def what(self) -> str:
        """The view, and the language of the items if they have one in common."""
        return f"{self.view}, {self.language}" if self.language else self.view

    def row(self) -> list[str]:
        """The values of COLUMNS."""
        numbers = (self.right.mean(), self.uar, self.ece, self.confidence.mean(), self.accuracy_at(0.5))
        what = [self.run.name, self.run.corpus.name, str(self.run.result["split"] or ""), self.what]
        return [*what, str(len(self.right)), *(f"{number:.3f}" for number in numbers)]

    def accuracy_at(self, coverage: float) -> float:
        """Accuracy when only that share of the items is answered, the surest; equally sure ones count as their mean."""
        return float(accuracy_at(self.confidence, self.right, np.array([coverage]))[0])

    def curve(self) -> np.ndarray:
        """Accuracy [20] at each of COVERAGES."""
        return accuracy_at(self.confidence, self.right)


def answers_of(run: Run) -> Iterator[Answers]:
    """Every view of a run, and each of its languages."""
    for view in run.result["results"]:
        mean = run.targets.average(values_of(run.corpus, run.table, view))
        scored = ~np.isnan(mean).any(1)
        if not run.corpus.multi_label:
            yield _single(run, view, mean[scored], run.targets.truth[scored])
            continue
        languages = run.targets.languages
        assert languages is not None
        yield _several(run, view, mean[scored], run.targets.truth[scored])
        for name in sorted(set(languages[scored]) - {""}):
            rows = scored & (languages == name)
            yield replace(_several(run, view, mean[rows], run.targets.truth[rows]), language=name)


def _single(run: Run, view: str, mean: np.ndarray, truth: np.ndarray) -> Answers:
    claimed = restrict(mean, run.corpus, power=1.0)
    predicted = claimed.argmax(1)
    recall = float(uar(confusion(truth, predicted, len(run.corpus.classes))))
    return Answers(run, view, claimed.max(1), predicted == truth, recall, calibration_error(claimed, truth))


def _several(run: Run, view: str, mean: np.ndarray, truth: np.ndarray) -> Answers:
    """uar: over the strongest class, the recall of each label as the share of its items that are answered right."""
    claimed = multi_label.restrict(mean, truth, run.corpus)
    right = multi_label.strongest_is_right(claimed, truth, run.corpus)
    shares = [right[rows].mean() for rows in (truth > 0).T if rows.any()]
    believed = np.where(right, claimed.argmax(1), -1)
    recall = float(np.mean(shares)) if shares else 0.0
    return Answers(run, view, claimed.max(1), right, recall, calibration_error(claimed, believed))


def as_csv(entries: Sequence[Answers]) -> str:
    """One row a run and view."""
    return _csv([COLUMNS, *(entry.row() for entry in entries)])


def as_markdown(entries: Sequence[Answers]) -> str:
    """The same as a table."""
    header = ["run", "corpus", "split", "view", "n", "accuracy", "UAR", "ECE", "mean confidence", "surest half"]
    lines = ["| " + " | ".join(cells) + " |" for cells in (header, *(entry.row() for entry in entries))]
    return "\n".join([lines[0], "|---" * len(header) + "|", *lines[1:]]) + "\n"


def coverage_csv(entries: Sequence[Answers]) -> str:
    """The accuracy of every run and view at each coverage."""
    rows = [
        [entry.run.name, entry.what, f"{coverage:.2f}", f"{accuracy:.4f}"]
        for entry in entries
        for coverage, accuracy in zip(COVERAGES, entry.curve(), strict=True)
    ]
    return _csv([("run", "view", "coverage", "accuracy"), *rows])


def _csv(rows: Sequence[Sequence[str]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def write(folders: Sequence[Path], out: Path) -> tuple[str, list[Path]]:
    """Write calibration.csv, calibration.md, certainty.md, coverage.csv and coverage.svg; returns the tables and the
    files.
    """
    from cer.files import write_whole
    from cer.results.figures import svg
    from eval import certainty
    from eval.plots import coverage_curves

    runs = read_runs(folders)
    entries = [entry for run in runs for entry in answers_of(run)]
    curves = {f"{entry.run.name}, {entry.view}": entry.curve() for entry in entries if not entry.language}
    out.mkdir(parents=True, exist_ok=True)
    contents = {
        "calibration.csv": as_csv(entries),
        "calibration.md": as_markdown(entries),
        "certainty.md": certainty.as_markdown([entry for run in runs for entry in certainty.certainties_of(run)]),
        "coverage.csv": coverage_csv(entries),
        "coverage.svg": svg(coverage_curves(COVERAGES, curves)),
    }
    for name, content in contents.items():
        write_whole(content, out / name)
    return contents["calibration.md"] + "\n" + contents["certainty.md"], [out / name for name in contents]
