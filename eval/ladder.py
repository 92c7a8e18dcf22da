"""The ladder: every method on one protocol, from rules over the zero-shot method to what compound labels buy.

A method with five seeds counts by their mean; intervals and paired differences come from one bootstrap over items.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from cer.corpora import rafce
from cer.corpora.base import FACE, VIDEO
from cer.files import write_whole
from cer.fusion.compound import ppa
from cer.labels import EMOTIONS, MODALITIES, emotion_index
from cer.modalities.base import softmax
from cer.perception.compound_head import HEAD, LADDER, compound_logits
from cer.perception.face_encoder import as_input, decode_image
from cer.pipeline import analyze
from eval.ablation import Predictions, fused_by_rule, weights_from
from eval.few_shot import few_shot, learning_curves, matched_by
from eval.finished import Run
from eval.plots import steps
from eval.results import restrict, values_of
from eval.run import Request, run
from eval.rungs import Method, Rung
from eval.scores import RESAMPLES, macro_f1, per_group, resamples
from eval.tables import MATCHED, column

ENSEMBLE = ("convolutional", "transformer", "multi_scale")
BASIC, COMPOUND = "basic emotions", "compound labels"
BATCH = 64


def ladder(
    request: Request, validation: Path | None = None, temporal: Path | None = None, *, quiet: bool = False
) -> list[Rung]:
    """Run every method on a corpus, going on where it was stopped, and score them in pairs with the zero-shot method.

    Args:
        request: the corpus; `out` is the folder that holds the runs. Its profile is not read.
        validation: a finished run on basic emotions that chooses the weights of the Dirichlet-weighted rule.
        temporal: a folder of encoders that `cer.train.supervised.temporal` trained; needs torch.
        quiet: report no progress.
    """
    finished = _run(request, "embedded", quiet)
    methods = [*_rules(finished, validation), *_zero_shot(finished)]
    if finished.corpus.compound and finished.corpus.kind == FACE:
        methods += _supervised_faces(finished, request)
    elif finished.corpus.compound and finished.corpus.kind == VIDEO:
        trained = _run(request, "supervised", quiet)
        methods.append(Method("distilled (profile supervised)", COMPOUND, [column(trained.table, "compound")]))
    if temporal is not None:
        methods += _temporal(finished, request, temporal)
    return rungs(finished, methods, "compound" if finished.corpus.compound else "fused")


def _run(request: Request, profile: str, quiet: bool) -> Run:
    folder = request.out / profile
    run(
        Request(request.corpus, request.root, folder, request.split, profile, request.limit, request.engine),
        quiet=quiet,
    )
    return Run.read(folder)


def _rules(finished: Run, validation: Path | None) -> Iterator[Method]:
    """Rules of fusion and, on compound labels, the pair-wise rule: SUN and AVCER (arXiv 2403.12687)."""
    weights = weights_from(Run.read(validation)) if validation is not None else None
    fused = fused_by_rule(Predictions.of(finished.table), finished.corpus, finished.targets, weights)
    names = {"Dirichlet": "Dirichlet-weighted rule (AVCER)", "mean": "mean rule", "product": "product rule"}
    for rule, name in names.items():
        if rule in fused:
            values = fused[rule]
            yield Method(name, BASIC, [ppa(values) if finished.corpus.compound else values])


def _zero_shot(finished: Run) -> Iterator[Method]:
    """The views of the zero-shot method, those that the run holds."""
    if finished.corpus.compound:
        if MATCHED in finished.table.column_names and not np.isnan(column(finished.table, MATCHED)).all():
            yield Method("label matcher", BASIC, [column(finished.table, MATCHED)])
        names = {"ppa": "PPA", "pfsa": "PFSA", "compound": "PPA + PFSA"}
    else:
        names = {**dict.fromkeys(MODALITIES, ""), "fused": "MHPF"}
    for view, name in names.items():
        values = values_of(finished.corpus, finished.table, view)
        if not np.isnan(values).all():
            yield Method(name or view, BASIC, [values])


def _supervised_faces(finished: Run, request: Request) -> Iterator[Method]:
    """The shipped networks on a corpus of faces, and what could be reached at most."""
    assert request.root is not None
    items = finished.corpus.rows(request.root, request.split or finished.corpus.split)
    row_of = {name: row for row, name in enumerate(items["id"])}
    chosen = items.select([row_of[name] for name in finished.table["id"].to_pylist()])
    logits = supervised_logits(chosen)
    named = {"linear": "linear layer", "convolutional": "curriculum", "transformer": "curriculum, transformer"}
    named |= {"multi_scale": "curriculum, multi-scale attention", "leaf": "LEAF"}
    for method, name in named.items():
        yield Method(name, COMPOUND, list(softmax(logits[method])))
    yield Method("ensemble of three", COMPOUND, list(np.mean([softmax(logits[name]) for name in ENSEMBLE], 0)))
    yield Method("ensemble, distilled", COMPOUND, list(softmax(logits["compounds"])))
    yield Method("distilled, five seeds as one", COMPOUND, [softmax(logits["compounds"].mean(0))])
    if "basic_votes" in chosen.column_names:
        yield Method("oracle: the crowd's votes through PPA", "the answer", [crowd_votes(chosen)])


def _temporal(finished: Run, request: Request, folder: Path) -> Iterator[Method]:
    """Both temporal encoders and their mean on a corpus of clips, each clip by encoders that have not seen it."""
    from eval import temporal

    assert request.root is not None
    labels = temporal.labels_of(finished.corpus)
    folds = temporal.load_folds(folder, labels)
    names = np.array(finished.table["id"].to_pylist())
    values = np.full((len(temporal.ENCODERS), len(names), len(labels)), np.nan, np.float32)
    for item in finished.corpus.rows(request.root, request.split or finished.corpus.split):
        rows = np.flatnonzero(names == item["id"])
        if len(rows):
            analysis = analyze(item["video"])
            assert analysis.clip.sha256 is not None  # since it was observed
            values[:, rows] = temporal.predict(folds, temporal.features_of(analysis), analysis.clip.sha256)
    learned = COMPOUND if finished.corpus.compound else "labels of clips"
    yield from (Method(f"temporal, {name}", learned, [v]) for name, v in zip(temporal.ENCODERS, values, strict=True))
    yield Method("temporal ensemble", learned, [values.mean(0)])


def supervised_logits(items: Any) -> dict[str, np.ndarray]:
    """Logits [5, N, 7] of every shipped network, by method, for items with an `image` of a cropped face."""
    parts: dict[str, list[np.ndarray]] = {}
    for start in range(0, len(items), BATCH):
        images = items.select(range(start, min(start + BATCH, len(items))))["image"]
        crops = np.stack([as_input(decode_image(image["bytes"])) for image in images])
        for file in (LADDER, HEAD):
            for name, logits in compound_logits(crops, file).items():
                parts.setdefault(name, []).append(logits)
    return {name: np.concatenate(each, 1) for name, each in parts.items()}


def crowd_votes(items: Any) -> np.ndarray:
    """PPA of how RAF-CE's annotators voted, float32 [N, 7]: the best that basic emotions can do."""
    votes = np.zeros((len(items), len(EMOTIONS)), np.float32)
    votes[:, [emotion_index(name) for name in rafce.VOTES]] = np.array(items["basic_votes"], np.float32)
    return ppa(votes / np.maximum(votes.sum(1, keepdims=True), 1e-9))


def rungs(finished: Run, methods: Sequence[Method], reference: str) -> list[Rung]:
    """Score methods on a run's targets; `reference` is the view that gains are counted from."""
    targets, size = finished.targets, len(finished.corpus.classes)
    draws = resamples(len(targets.ids))

    def scored(values: np.ndarray) -> tuple[float, np.ndarray]:
        mean = targets.average(values)
        rows = ~np.isnan(mean).any(1)
        predicted = restrict(mean[rows], finished.corpus).argmax(1)
        counts = per_group(targets.truth[rows], predicted, targets.groups[rows], len(targets.ids), size)
        whole = float(macro_f1(counts.sum(0).reshape(size, size)))
        return whole, macro_f1((draws @ counts).reshape(RESAMPLES, size, size))

    base, base_draws = scored(values_of(finished.corpus, finished.table, reference))
    results = []
    for method in methods:
        each = [scored(values) for values in method.values]
        mean, drawn = float(np.mean([value for value, _ in each])), np.mean([draw for _, draw in each], 0)
        gaps = drawn - base_draws
        against = float(min((gaps <= 0).mean(), (gaps >= 0).mean()))
        results.append(
            Rung(
                method.name,
                method.learned,
                mean,
                _interval(drawn),
                tuple(value for value, _ in each),
                mean - base,
                _interval(gaps),
                min(1.0, 2 * against),
            )
        )
    return results


def _interval(draws: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(draws, [2.5, 97.5])
    return float(low), float(high)


def as_markdown(rungs: Sequence[Rung]) -> str:
    """The ladder as a table."""
    lines = [
        "| method | learned from | macro-F1 | 95 % | seeds | more than zero-shot | p |",
        "|---|---|---|---|---|---|---|",
    ]
    for rung in rungs:
        spread = f"{min(rung.seeds):.3f} to {max(rung.seeds):.3f}" if len(rung.seeds) > 1 else ""
        low, high = rung.gain_interval
        lines.append(
            f"| {rung.name} | {rung.learned} | {rung.macro_f1:.3f} | {rung.interval[0]:.3f} to {rung.interval[1]:.3f} "
            f"| {spread} | {rung.gain:+.3f} ({low:+.3f} to {high:+.3f}) | {shown(rung.p)} |"
        )
    return "\n".join(lines) + "\n"


def shown(p: float) -> str:
    """A p-value of RESAMPLES draws, as it is written."""
    return f"< {2 / RESAMPLES}" if p == 0 else f"{p:.3f}"


def write_ladder(climbed: Sequence[Rung], request: Request) -> tuple[str, list[Path]]:
    """ladder.json, ladder.md and ladder.svg in the request's folder; for RAF-CE also how many labels match each method,
    few_shot.svg. Returns what ladder.md says, and the files.
    """
    text, out = as_markdown(climbed), request.out
    document: dict[str, Any] = {"corpus": request.corpus, "rungs": [asdict(rung) for rung in climbed]}
    figures = {"ladder": steps(climbed)}
    if request.corpus == "rafce" and request.root is not None:
        try:
            curves = few_shot(request.root)
        except ModuleNotFoundError as error:
            text += f"\nHow few labels are enough: not measured, {error.name} is not installed (extra `train`).\n"
        else:
            document["few_shot"] = curves
            figures["few_shot"] = learning_curves(curves, climbed)
            text += "\n" + matched_by(curves, climbed)
    paths = [out / "ladder.json", out / "ladder.md"]
    write_whole((json.dumps(document, indent=1) + "\n").encode(), paths[0])
    write_whole(text.encode(), paths[1])
    for name, figure in figures.items():
        paths.append(out / f"{name}.svg")
        figure.savefig(paths[-1])
    return text, paths
