"""BLEMORE: acted clips of one emotion or of a blend of two, with the salience of each (arXiv 2601.13225).

The name of a clip is its label: A102_ang_int1_ver1 is one emotion, A411_mix_ang_hap_30_70_ver1 a blend. Clips lie below
the root in any depth. Folds are those of the authors' train_metadata.csv (columns filename, fold) where it lies below
the root too; otherwise actors, in the order of their names, are dealt to the five folds in turn. Both are disjoint by
actor. The clips of the challenge's test set are called test_0001 and have no label. They are published on Zenodo.
"""

import re
from pathlib import Path

from datasets import Dataset, Features, Value

from cer.corpora.annotated import videos
from cer.corpora.base import VIDEO, Corpus, read
from cer.corpora.several import WHOLE, label_of
from cer.errors import DataError

CODES = {"neu": "Neutral", "ang": "Anger", "disg": "Disgust", "fea": "Fear", "hap": "Happiness", "sad": "Sadness"}
FOLDS = tuple(f"fold{number}" for number in range(5))
_WORD = "|".join(CODES)
_SINGLE = re.compile(rf"(A\d+)_({_WORD})_(?:int|sit)\d+_ver\d+")
_BLEND = re.compile(rf"(A\d+)_mix_({_WORD})_({_WORD})_(\d+)_(\d+)_ver\d+")
_TEST = re.compile(r"test_\d+")


def parse(stem: str) -> tuple[str, dict[str, int]] | None:
    """The actor and the salience in percent of each emotion, from a clip's name; None for another name."""
    if single := _SINGLE.fullmatch(stem):
        return single[1], {CODES[single[2]]: WHOLE}
    blend = _BLEND.fullmatch(stem)
    if blend is None or blend[2] == blend[3] or int(blend[4]) + int(blend[5]) != WHOLE:
        return None
    return blend[1], {CODES[blend[2]]: int(blend[4]), CODES[blend[3]]: int(blend[5])}


def rows(root: Path, split: str | None) -> Dataset:
    """split: "fold0" to "fold4", "test", or all clips with a label when None."""
    if split not in (None, "test", *FOLDS):
        raise DataError(f"--split {split}: blemore has {', '.join(FOLDS)} and test; without a split all labeled clips.")
    paths = videos(root)
    if split == "test":
        items = [_item(paths[stem], None, None) for stem in paths if _TEST.fullmatch(stem)]
    else:
        folds = _folds(root, paths)
        items = [
            _item(paths[stem], *_label(stem))
            for stem in paths
            if not _TEST.fullmatch(stem) and split in (None, folds.get(stem))
        ]
    if not items:
        raise DataError(f"{root}: no clips of this split below it; they are called like A411_mix_ang_hap_30_70_ver1.")
    return Dataset.from_list(items, Features(dict.fromkeys(items[0], Value("string"))))


def _item(path: Path, label: str | None, fault: str | None) -> dict[str, str | None]:
    return {"id": path.name, "label": label, "fault": fault, "video": str(path)}


def _label(stem: str) -> tuple[str | None, str | None]:
    """The columns `label` and `fault` of a clip."""
    parsed = parse(stem)
    if parsed is None:
        return None, f"{stem!r} is no name of a clip such as A411_mix_ang_hap_30_70_ver1 or A102_ang_int1_ver1"
    return label_of(parsed[1]), None


def _folds(root: Path, paths: dict[str, Path]) -> dict[str, str]:
    """The fold of each clip by its stem."""
    official = sorted(root.rglob("train_metadata.csv"))
    if official:
        table = read(official[0], ["filename", "fold"])
        return {Path(row["filename"]).stem: f"fold{int(float(row['fold']))}" for row in table if row["fold"].strip()}
    actors = {stem: parsed[0] for stem in paths if (parsed := parse(stem)) is not None}
    places = {actor: place for place, actor in enumerate(sorted(set(actors.values())))}
    return {stem: FOLDS[places[actor] % len(FOLDS)] for stem, actor in actors.items()}


CORPUS = Corpus(
    "blemore",
    1,
    "BLEMORE acted clips, 6 emotions and their blends with salience",
    VIDEO,
    tuple(CODES.values()),
    rows,
    multi_label=True,
    blends=True,
    protocol="ACC_presence: exactly the emotions present; ACC_salience: their salience as well, blends only; a clip's "
    "segments are averaged; nothing is trained or chosen on this corpus",
)
