"""Right and wrong, clip by clip: what each source of evidence says about every labeled clip of a run, as text and as a
page with frames of each clip, so that a developer sees why.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from cer.corpora.base import VIDEO
from cer.errors import ClipError, DataError
from cer.files import write_whole
from cer.labels import EMOTIONS, MODALITIES
from cer.media.clip import Frame
from cer.media.reader import probe, stream
from cer.modalities.registry import modalities
from cer.results.figures import svg
from cer.results.pictures import data_uri
from eval import multi_label
from eval.finished import Run
from eval.plots import heat_map
from eval.results import restrict
from eval.tables import column

FUSED = "fused"
STRIP_FRAMES = 6
STRIP_HEIGHT = 96  # pixels
_GAP = 4  # pixels between frames


@dataclass(frozen=True, slots=True)
class Statement:
    """What a source says about a clip. probabilities: [8], over the corpus' classes."""

    emotion: str
    probability: float
    right: bool
    probabilities: np.ndarray

    def __str__(self) -> str:
        return f"{'ok' if self.right else 'NO'} {self.emotion} {self.probability:.2f}"


@dataclass(frozen=True, slots=True)
class ClipRow:
    """A labeled clip. statements: by source, "fused" first; None where the source is absent."""

    name: str
    label: str
    statements: Mapping[str, Statement | None]


def sources(profile: str) -> dict[str, list[str]]:
    """source -> its modalities: those that draw on the same evidence are one witness."""
    members: dict[str, list[str]] = {}
    for name, modality in modalities(profile).items():
        members.setdefault(modality.source, []).append(name)
    return members


def clip_rows(run: Run) -> list[ClipRow]:
    """Every labeled clip of a run on a corpus of clips. Raises DataError for another corpus."""
    corpus, targets = run.corpus, run.targets
    if corpus.kind != VIDEO or corpus.per_frame:
        raise DataError(f"{run.folder}: {corpus.name} is no corpus with a label for each clip, such as clips or afew.")
    means = {FUSED: targets.average(column(run.table, FUSED))}
    for source, members in sources(run.result["profile"]).items():
        means[source] = _mean([targets.average(column(run.table, name)) for name in members if name in MODALITIES])
    labels = dict(zip(run.table["id"].to_pylist(), run.table["label"].to_pylist(), strict=True))
    rows = []
    for place, clip in enumerate(targets.groups):
        name = str(targets.ids[clip])
        statements = {source: _statement(run, mean[place], targets.truth[place]) for source, mean in means.items()}
        rows.append(ClipRow(name, str(labels[name]), statements))
    return rows


def _mean(values: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of the modalities that are present, [N, 8] of [N, 8] each; NaN rows where none is."""
    stacked = np.stack(values)
    present = ~np.isnan(stacked).any(2)
    total = np.where(present[..., None], stacked, 0).sum(0)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / present.sum(0)[:, None])


def _statement(run: Run, mean: np.ndarray, truth: np.ndarray) -> Statement | None:
    """What probabilities [8] say of a clip with that truth: an index of a class, or the salience of each."""
    if np.isnan(mean).any():
        return None
    corpus = run.corpus
    restricted = np.zeros((1, len(EMOTIONS)))
    if corpus.multi_label:
        restricted = multi_label.restrict(mean[None], truth[None], corpus)
        right = bool(multi_label.strongest_is_right(restricted, truth[None], corpus)[0])
    else:
        restricted[:, corpus.columns] = restrict(mean[None], corpus)
        right = corpus.columns[int(truth)] == int(restricted[0].argmax())
    strongest = int(restricted[0].argmax())
    return Statement(EMOTIONS[strongest], float(restricted[0, strongest]), right, restricted[0])


def as_text(rows: Sequence[ClipRow]) -> str:
    """A line for each clip, and how many each source has right of those it says something about."""
    if not rows:
        return "no labeled clips"
    names = list(rows[0].statements)
    lines = [["clip", "label", *names]]
    lines += [[row.name, row.label, *(str(row.statements[name] or "-") for name in names)] for row in rows]
    lines.append(["right", f"{len(rows)} clips", *(f"{right} of {count}" for right, count in tally(rows).values())])
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def tally(rows: Sequence[ClipRow]) -> dict[str, tuple[int, int]]:
    """source -> clips that it has right, and clips that it says something about."""
    counts = {}
    for name in rows[0].statements if rows else ():
        statements = [statement for row in rows if (statement := row.statements[name]) is not None]
        counts[name] = sum(statement.right for statement in statements), len(statements)
    return counts


def clip_paths(run: Run, root: Path | None) -> dict[str, Path]:
    """id -> file of the clips of a run, below `root` or where they were when the run was made. Raises DataError."""
    if root is None:
        try:
            root = Path(json.loads((run.folder / "source.json").read_text("utf-8"))["root"])
        except (OSError, ValueError, KeyError) as error:
            raise DataError(f"{run.folder}: does not say where its clips are. Give --root.") from error
    items = run.corpus.rows(root, run.result["split"])
    return {item["id"]: Path(item["video"]) for item in items}


def frame_strip(path: Path) -> np.ndarray:
    """Frames of a clip at even distances, side by side, RGB uint8 [STRIP_HEIGHT, W, 3]. Raises ClipError."""
    clip = probe(path)
    rate = STRIP_FRAMES / clip.duration if clip.duration > 0 else 1.0
    images: list[np.ndarray] = []
    for piece in stream(clip, rate, longest=3 * STRIP_HEIGHT) if clip.has_video else ():
        if isinstance(piece, Frame):
            height, width = piece.image.shape[:2]
            size = max(1, round(width * STRIP_HEIGHT / height)), STRIP_HEIGHT
            images.append(np.asarray(Image.fromarray(piece.image).resize(size)))
        if len(images) == STRIP_FRAMES:
            break
    if not images:
        raise ClipError(f"{path.name}: no frames")
    gap = np.full((STRIP_HEIGHT, _GAP, 3), 255, np.uint8)
    return np.concatenate([part for image in images for part in (image, gap)][:-1], 1)


def write_page(run: Run, rows: Sequence[ClipRow], paths: Mapping[str, Path], path: Path) -> None:
    """Write the page: frames, sources and probabilities of every labeled clip, the wrong ones first."""
    from jinja2 import Environment

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((files("eval") / "clips.html.j2").read_text("utf-8"))
    ordered = sorted(rows, key=lambda row: (statement := row.statements[FUSED]) is not None and statement.right)
    content = template.render(
        title=f"{run.corpus.name}: {run.corpus.about}",
        profile=run.result["profile"],
        tally=tally(rows),
        clips=[(row, *_strip(paths.get(row.name)), svg(_probabilities(row))) for row in ordered],
    )
    write_whole(content, path)


def _strip(path: Path | None) -> tuple[str | None, str]:
    """The frames of a clip as a data URI, or None and why there are none."""
    if path is None:
        return None, "the clip is not in the corpus any more"
    try:
        return data_uri(frame_strip(path)), ""
    except ClipError as error:
        return None, str(error)


def _probabilities(row: ClipRow) -> Figure:
    """The probabilities of every source that says something."""
    statements = {name: statement.probabilities for name, statement in row.statements.items() if statement is not None}
    return heat_map(statements, EMOTIONS)
