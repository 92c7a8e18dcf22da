"""Everything that runs can say, recomputed from their predictions: markdown, CSV, HTML with plots, model-index."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from cer.corpora.base import Corpus
from cer.files import write_whole
from cer.labels import MODALITIES
from eval import multi_label
from eval.ablation import Predictions, ablate, rules, views_of, weights_from
from eval.calibration import answers_of
from eval.finished import Run
from eval.open_set import open_set_scores, open_set_table
from eval.published import NAMES, Published, beside
from eval.results import values_of, views
from eval.scores import BLEND_MEASURES, COVERAGES, MEASURES, Scores, f1_per_class, headline, measures_of


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table. part: which question it answers."""

    part: str
    name: str
    view: str
    scores: Scores


def lines(run: Run, validation: Run | None = None) -> Iterator[Line]:
    """Every view as it was predicted, each modality left out, every subset of modalities, and every rule of fusion.

    validation: a run on a corpus of basic emotions whose Dirichlet weights are applied to this one.
    """
    for view, scored in views(run.corpus, run.table, run.targets):
        yield Line("view", view, view, scored)
        if run.corpus.multi_label:
            yield from _language_lines(run, view)
    predictions = Predictions.of(run.table)
    results = ablate(predictions, run.corpus, run.targets)
    everything = tuple(predictions.present_anywhere)
    for left in everything if len(everything) > 1 else ():
        rest = tuple(modality for modality in everything if modality != left)
        for view, scored in results[rest].items():
            yield Line("leave one out", f"without {MODALITIES[left]}", view, scored)
    for members, by_view in results.items():
        for view, scored in by_view.items():
            yield Line("subset", " + ".join(MODALITIES[member] for member in members), view, scored)
    if len(everything) < 2:
        return
    weights = weights_from(validation) if validation is not None else None
    for rule, by_view in rules(predictions, run.corpus, run.targets, weights).items():
        for view, scored in by_view.items():
            yield Line("fusion rule", rule, view, scored)


def _language_lines(run: Run, view: str) -> Iterator[Line]:
    """The mean over the languages that the text head's card declares as trained on, and each language."""
    languages, mean = run.targets.languages, run.targets.average(values_of(run.corpus, run.table, view))
    if languages is None or not languages.any():
        return
    trained = multi_label.in_trained(languages, run.result["profile"])
    rows = ~np.isnan(mean).any(1) & (False if trained is None else trained)
    if rows.any():
        name = f"{len(set(languages[rows]))} trained languages"
        yield Line(
            "languages", name, view, multi_label.score(mean[rows], run.targets.truth[rows], languages[rows], run.corpus)
        )
    for name, scored in multi_label.by_language(mean, run.corpus, run.targets):
        yield Line("language", name, view, scored)


def class_f1(line: Line, corpus: Corpus) -> np.ndarray:
    """F1 of each class of a line [C]; NaN for a label that the language does not have."""
    counts = line.scores.confusion
    if corpus.multi_label:
        return np.where(counts.any(1), multi_label.f1_of(counts), np.nan)
    return f1_per_class(counts)


def write(folders: list[Path], out: Path, validation: Path | None = None) -> list[Path]:
    """Write report.md, report.csv, report.html and model-index.yml about the runs; returns the files."""
    runs = [Run.read(folder) for folder in folders]
    other = Run.read(validation) if validation is not None else None
    tables = [(run, list(lines(run, other))) for run in runs]
    out.mkdir(parents=True, exist_ok=True)
    contents = {
        "report.md": "\n".join(markdown(run, table) for run, table in tables),
        "report.csv": as_csv(tables),
        "report.html": html(tables),
        "model-index.yml": model_index(runs),
    }
    for name, content in contents.items():
        write_whole(content.encode(), out / name)
    return [out / name for name in contents]


def _cell(scored: Scores, measure: str) -> str:
    low, high = scored.intervals[measure]
    return f"{100 * scored.values[measure]:.2f} [{100 * low:.1f}, {100 * high:.1f}]"


def summary(run: Run) -> str:
    """What was run, in one line."""
    result = run.result
    return (
        f"{result['n']} items ({result['scored']} scored, {len(result['skipped'])} skipped), split {result['split']}, "
        f"profile {result['profile']}, protocol: {run.corpus.protocol}; code {str(result['git'])[:9]}, {result['date']}"
    )


def _published_cells(result: Published, measures: Sequence[str]) -> list[str]:
    values = [result.value(measure) for measure in measures]
    return ["" if value is None else f"{100 * value:.2f}" for value in values]


def _percent(value: float) -> str:
    return "" if np.isnan(value) else f"{100 * value:.1f}"


def markdown(run: Run, table: list[Line]) -> str:
    """The table as markdown: scores in percent with their 95 % bootstrap intervals by clip."""
    text = [f"## {run.corpus.name}: {run.corpus.about}", "", summary(run) + ".", ""]
    if not table:
        return "\n".join([*text, "The corpus has no labels here, so there are no scores.", ""])
    measures = measures_of(run.corpus.blends)
    header = ["", "what", "view", *(NAMES[measure] for measure in measures), "ECE"]
    text += ["| " + " | ".join(header) + " |", "|---" * len(header) + "|"]
    for line in table:
        cells = [_cell(line.scores, measure) for measure in measures] + [f"{line.scores.values['ece']:.3f}"]
        text.append(f"| {line.part} | {line.name} | {line.view} | {' | '.join(cells)} |")
    for other in beside(run.corpus.name, headline(run.corpus.blends)):
        cells = _published_cells(other, measures)
        text.append(f"| published | {other.system} ({other.source}; {other.protocol}) | | {' | '.join(cells)} | |")
    open_set = open_set_scores(run.corpus, run.table, run.targets)
    text += open_set_table(open_set) if open_set is not None else []
    text += ["", "F1 of each class, in percent:", "", "| view | " + " | ".join(run.corpus.classes) + " |"]
    text.append("|---" * (len(run.corpus.classes) + 1) + "|")
    for line in table:
        if line.part in ("view", "language"):
            values = class_f1(line, run.corpus)
            text.append(f"| {line.name} | " + " | ".join(_percent(value) for value in values) + " |")
    return "\n".join([*text, ""])


def _bounds(measures: Sequence[str]) -> list[str]:
    return [f"{measure}_{end}" for measure in measures for end in ("low", "high")]


def as_csv(tables: list[tuple[Run, list[Line]]]) -> str:
    """All lines of all runs, shares of 1, with the published results. A measure that a corpus lacks is empty."""
    buffer = io.StringIO()
    names = [*MEASURES, *_bounds(MEASURES), "ece"]
    if any(run.corpus.blends for run, _ in tables):
        names += [*BLEND_MEASURES, *_bounds(BLEND_MEASURES)]
    writer = csv.DictWriter(buffer, ["corpus", "part", "name", "view", *names], restval="", lineterminator="\n")
    writer.writeheader()
    for run, table in tables:
        for line in table:
            values = dict(line.scores.values)
            for measure, (low, high) in line.scores.intervals.items():
                values |= {f"{measure}_low": low, f"{measure}_high": high}
            row = {"corpus": run.corpus.name, "part": line.part, "name": line.name, "view": line.view}
            writer.writerow(row | {name: f"{values[name]:.6f}" for name in names if name in values})
        for other in beside(run.corpus.name, headline(run.corpus.blends)):
            label = f"{other.system} ({other.source}; {other.protocol})"
            quoted = {name: value for name in names if (value := other.value(name)) is not None}
            row = {"corpus": run.corpus.name, "part": "published", "name": label}
            writer.writerow(row | {name: f"{value:.6f}" for name, value in quoted.items()})
    return buffer.getvalue()


def html(tables: list[tuple[Run, list[Line]]]) -> str:
    """The report as one page with everything inside: tables, confusion matrices, reliability diagrams."""
    from jinja2 import Environment

    from cer.results.figures import svg
    from eval.plots import bars, confusion_matrix, coverage_curves, reliability_diagram

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((files("eval") / "report.html.j2").read_text("utf-8"))
    sections = []
    for run, table in tables:
        main = [line for line in table if line.part == "view"]
        plots = [
            (f"{line.name}: confusion", svg(confusion_matrix(line.scores, run.corpus.classes)))
            for line in main
            if not run.corpus.multi_label  # an item has several classes: no square of counts
        ]
        plots += [(f"{line.name}: reliability", svg(reliability_diagram(line.scores))) for line in main]
        if main:
            curves = {entry.view: entry.curve() for entry in answers_of(run) if not entry.language}
            plots.append(("accuracy when only the surest are answered", svg(coverage_curves(COVERAGES, curves))))
        published = beside(run.corpus.name, headline(run.corpus.blends))
        measures = measures_of(run.corpus.blends)
        sections.append(
            {
                "title": f"{run.corpus.name}: {run.corpus.about}",
                "summary": summary(run),
                "overview": svg(
                    bars([(line.name, line.scores) for line in main], published, headline(run.corpus.blends))
                )
                if main
                else "",
                "measures": [NAMES[measure] for measure in measures],
                "lines": [
                    (line, [_cell(line.scores, m) for m in measures], f"{line.scores.values['ece']:.3f}")
                    for line in table
                ],
                "published": [(result, _published_cells(result, measures)) for result in published],
                "plots": plots,
                "models": run.result["models"],
            }
        )
    return template.render(sections=sections)


def model_index(runs: list[Run]) -> str:
    """Metadata for a model card on the Hub: the macro-F1 of every run's main view."""
    import yaml
    from huggingface_hub import EvalResult
    from huggingface_hub.repocard_data import eval_results_to_model_index

    results = []
    for run in runs:
        views = run.result["results"]
        view = next((name for name in (*reversed(views_of(run.corpus)), *MODALITIES) if name in views), None)
        if view is None:
            continue
        results.append(
            EvalResult(
                task_type="video-classification",
                task_name="Compound expression recognition" if run.corpus.compound else "Expression recognition",
                dataset_type=run.corpus.name,
                dataset_name=run.corpus.about,
                dataset_split=run.result["split"],
                metric_type="f1",
                metric_name=f"macro-F1 ({view})",
                metric_value=round(100 * views[view]["macro_f1"], 2),
            )
        )
    index = eval_results_to_model_index("cer", results) if results else []
    return yaml.safe_dump({"model-index": index}, sort_keys=False, allow_unicode=True)
