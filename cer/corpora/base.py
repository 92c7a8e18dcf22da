"""What a corpus is to the harness: a declaration, and a way to turn its files into rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import datasets
from datasets import Audio, Dataset, DownloadManager, Image, load_dataset
from datasets.exceptions import DatasetGenerationError

from cer.errors import DataError
from cer.labels import COMPOUNDS, EMOTIONS

datasets.disable_progress_bars()

VIDEOS = frozenset({".avi", ".mkv", ".mov", ".mp4", ".webm"})  # of corpora; the media floor decides what can be read
FACE, SEQUENCE, VOICE, WORDS, CAPTION, VIDEO = "face", "sequence", "voice", "words", "caption", "video"


@dataclass(frozen=True, slots=True)
class Corpus:
    """A declarative, versioned corpus.

    kind: what an item is. classes: the label list, of EMOTIONS or of COMPOUNDS; predictions are restricted to it.
    prior: class frequencies of the corpus' own training split. Predictions are free of a prior; labels are
    decided after they are multiplied by this one to the given power: 1 where accuracy is the corpus' measure, less
    where macro-F1 is, chosen on its development split. Calibration is judged with the whole of it. None: equal priors.

    rows(root, split) gives a Dataset with `id`, `label` and what the kind needs: `image`, `images`, `audio`, `text` or
    `video`. split: the one that is scored when none is asked for. per_frame: every frame of a video has a label of its
    own, in `frames` (positions in `classes`, -1 where invalid; empty where the corpus publishes none), and `person`
    names which of two people is meant: "left", "right", or "" for the one seen longest. source: where its authors
    publish the file of a split, if anybody may take it. protocol: how the corpus' published numbers are computed.
    """

    name: str
    version: int
    about: str
    kind: str
    classes: Sequence[str]
    rows: Callable[[Path, str | None], Dataset]
    prior: Mapping[str, float] | None = None
    split: str | None = None
    power: float = 1.0
    per_frame: bool = False
    source: str | None = None
    protocol: str = "one label an item; an item's segments are averaged"

    @property
    def compound(self) -> bool:
        """Whether the labels are compound expressions."""
        return set(self.classes) <= set(COMPOUNDS)

    @property
    def columns(self) -> list[int]:
        """Positions of the classes in EMOTIONS or in COMPOUNDS."""
        names: Sequence[str] = COMPOUNDS if self.compound else EMOTIONS
        return [names.index(name) for name in self.classes]


def one_file(root: Path, stems: Sequence[str], suffixes: Sequence[str]) -> Path:
    """The file that `root` is, or the one below it that has one of the stems. Raises DataError when there is none."""
    if root.is_file():
        return root
    for stem in stems:
        for suffix in suffixes:
            found = sorted(root.rglob(stem + suffix))
            if found:
                return found[0]
    wanted = ", ".join(stem + suffix for stem in stems for suffix in suffixes)
    raise DataError(f"{root}: neither a file of this corpus nor a folder with one of {wanted}.")


def fetch(corpus: Corpus, split: str | None) -> Path:
    """The corpus' own file of a split, downloaded once into the cache of `datasets`. Raises DataError when nobody but
    its authors may give it, or it cannot be had now.
    """
    if corpus.source is None:
        raise DataError(f"{corpus.name}: is given on request by its authors, see docs/evaluation.md; then give --root.")
    address = corpus.source.format(split=split)
    try:
        cached = Path(DownloadManager().download(address))
        named = cached.with_name(f"{cached.name}-{Path(address).name}")  # its ending tells what it is
        if not named.exists():
            named.write_bytes(cached.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{address}: cannot be downloaded ({error}). Download it elsewhere and give --root.") from error
    return named


def read(path: Path, columns: Sequence[str]) -> Dataset:
    """A parquet or CSV file as a Dataset of the named columns, pictures and sounds undecoded; Arrow files are cached
    by content.

    Raises DataError when a column is missing or the file cannot be read.
    """
    kind = "parquet" if path.suffix == ".parquet" else "csv"
    try:
        rows = load_dataset(kind, data_files=str(path), split="train")
    except (DatasetGenerationError, ValueError, OSError) as error:
        raise DataError(f"{path}: not a {kind} file that can be read ({error}).") from error
    missing = [column for column in columns if column not in rows.column_names]
    if missing:
        raise DataError(f"{path}: column {', '.join(missing)} is missing; it has {', '.join(rows.column_names)}.")
    rows = rows.select_columns(list(columns))
    for column, feature in (("image", Image(decode=False)), ("audio", Audio(decode=False))):
        if column in columns:
            rows = rows.cast_column(column, feature)
    return rows
