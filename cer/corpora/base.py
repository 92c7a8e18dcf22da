"""What a corpus is to the harness: a declaration, and a way to turn its files into rows."""

import glob
import gzip
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

import datasets
import pandas as pd
from datasets import Audio, Dataset, DownloadManager, Features, Image, Value, load_dataset
from datasets.exceptions import DatasetGenerationError

from cer.errors import DataError
from cer.labels import COMPOUNDS, EMOTIONS, emotion_index

datasets.disable_progress_bars()

VIDEOS = frozenset({".avi", ".mkv", ".mov", ".mp4", ".webm"})  # of corpora; the media floor decides what can be read
FACE, IMAGE, SEQUENCE, VOICE = "face", "image", "sequence", "voice"  # a cropped face; an image that shows one
WORDS, CAPTION, VIDEO = "words", "caption", "video"


@dataclass(frozen=True, slots=True)
class Corpus:
    """A declarative, versioned corpus.

    kind: what an item is. classes: the label list, of EMOTIONS or of COMPOUNDS; predictions are restricted to it, and
    with `observed_classes` to those that occur in the file.
    prior: class frequencies of the corpus' own training split. Predictions are free of a prior; labels are
    decided after they are multiplied by this one to the given power: 1 where accuracy is the corpus' measure, less
    where macro-F1 is, chosen on its development split. Calibration is judged with the whole of it. None: equal priors.

    rows(root, split) gives a Dataset with `id`, `label` and what the kind needs: `image`, `images`, `audio`, `text` or
    `video`. split: the one that is scored when none is asked for. per_frame: every frame of a video has a label of its
    own, in `frames` (positions in `classes`, -1 where invalid; empty where the corpus publishes none), and `person`
    names which of two people is meant: "left", "right", or "" for the one seen longest. source: where its authors
    publish the file of a split, if anybody may take it. protocol: how the corpus' published numbers are computed.

    multi_label: an item has any number of the classes, none of them being neutral; `label` is written as in
    `cer.corpora.several`, and `language` names the language of a text. thresholds: for each class, the probability
    from which it is predicted, chosen on other data than what is scored; language_thresholds: the same for single
    languages. blends: the saliences of a label count, and
    predictions are blends of at most two emotions (eval.blends).
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
    observed_classes: bool = False
    source: str | None = None
    protocol: str = "one label an item; an item's segments are averaged"
    multi_label: bool = False
    thresholds: Mapping[str, float] | None = None
    language_thresholds: Mapping[str, Mapping[str, float]] | None = None
    blends: bool = False

    @property
    def compound(self) -> bool:
        """Whether the labels are compound expressions."""
        return set(self.classes) <= set(COMPOUNDS)

    @property
    def columns(self) -> list[int]:
        """Positions of the classes in EMOTIONS or in COMPOUNDS."""
        names: Sequence[str] = COMPOUNDS if self.compound else EMOTIONS
        return [names.index(name) for name in self.classes]


def is_video(path: Path) -> bool:
    """Whether a file is a corpus' video by its name; macOS puts `._NAME` beside each on foreign disks."""
    return path.suffix.lower() in VIDEOS and not path.name.startswith("._")


@contextmanager
def cache_in(folder: Path | None, *, temporary: bool = False) -> Iterator[None]:
    """Let `datasets` keep its copies of corpora in a folder, or in one that is gone afterwards; by default in its own
    cache, where they stay.
    """
    before = datasets.config.HF_DATASETS_CACHE, datasets.config.DOWNLOADED_DATASETS_PATH
    with TemporaryDirectory(prefix="cer-corpora-") if temporary else nullcontext(folder) as chosen:
        if chosen is not None:
            datasets.config.HF_DATASETS_CACHE = Path(chosen).resolve()
            datasets.config.DOWNLOADED_DATASETS_PATH = Path(chosen).resolve() / "downloads"
        try:
            yield
        finally:
            datasets.config.HF_DATASETS_CACHE, datasets.config.DOWNLOADED_DATASETS_PATH = before


def _check_cache() -> None:
    """Raises DataError when `datasets` could not write its copy: it would blame the corpus."""
    folder = Path(datasets.config.HF_DATASETS_CACHE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DataError(
            f"{folder}: the cache of `datasets` cannot be written ({error.strerror}). Give --cache DIR or --no-cache, "
            "or set HF_HOME."
        ) from error


def one_file(root: Path, stems: Sequence[str], suffixes: Sequence[str]) -> Path:
    """The file that `root` is, or the one below it that has one of the stems. Raises DataError when there is none."""
    if root.is_file():
        return root
    for stem in stems:
        for suffix in suffixes:
            paths = sorted(root.rglob(stem + suffix))
            if paths:
                return paths[0]
    accepted = ", ".join(stem + suffix for stem in stems for suffix in suffixes)
    raise DataError(f"{root}: neither a file of this corpus nor a folder with one of {accepted}.")


def fetch(corpus: Corpus, split: str | None) -> Path:
    """The corpus' own file of a split, downloaded once into the cache of `datasets`. Raises DataError when nobody but
    its authors may give it, or it cannot be had now.
    """
    if corpus.source is None:
        raise DataError(f"{corpus.name}: is given on request by its authors, see docs/evaluation.md; then give --root.")
    address = corpus.source.format(split=split)
    _check_cache()
    try:
        cached = Path(DownloadManager().download(address))
        named = cached.with_name(f"{cached.name}-{Path(address).name}")  # its ending tells what it is
        if not named.exists():
            named.write_bytes(cached.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{address}: cannot be downloaded ({error}). Download it elsewhere and give --root.") from error
    return named


def read(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> Dataset:
    """A parquet or CSV file as a Dataset of the named columns, and of the optional ones that it has.

    Images and sounds stay encoded. Every cell of a CSV file is text, as it is written: "NA" and "001" are values.

    Raises:
        DataError: A column is missing, or the file cannot be read.
    """
    rows = _parquet(path) if path.suffix == ".parquet" else _csv(path)
    missing = [column for column in columns if column not in rows.column_names]
    if missing:
        raise DataError(f"{path}: column {', '.join(missing)} is missing; it has {', '.join(rows.column_names)}.")
    rows = rows.select_columns([*columns, *(column for column in optional if column in rows.column_names)])
    for column, feature in (("image", Image(decode=False)), ("audio", Audio(decode=False))):
        if column in columns:
            rows = rows.cast_column(column, feature)
    return rows


def _parquet(path: Path) -> Dataset:
    _check_cache()
    try:
        return load_dataset("parquet", data_files=glob.escape(str(path)), split="train")
    except (DatasetGenerationError, ValueError, OSError) as error:
        raise DataError(f"{path}: not a parquet file that can be read ({error}).") from error


def _csv(path: Path) -> Dataset:
    """Separated by commas, semicolons or tabs, whichever the header line has most of."""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig") as file:
            header = file.readline()
        separator = max(",;\t", key=header.count)
        table = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError, EOFError) as error:  # pandas' own errors are ValueErrors
        raise DataError(f"{path}: not a CSV file that can be read ({error}).") from error
    columns = {str(name).strip(): table.iloc[:, index].tolist() for index, name in enumerate(table.columns)}
    if not all(name and name.isprintable() for name in columns):
        raise DataError(f"{path}: a column of its header has no name that can be read.")
    return Dataset.from_dict(columns, Features(dict.fromkeys(columns, Value("string"))))


def label_columns(text: str | None) -> dict[str, str | None]:
    """The columns `label` and `fault` of an item: one of EMOTIONS, or None where the corpus gives no label.

    A word that is no basic emotion is the item's fault, by which it is skipped: it is not taken for a missing label.
    """
    if not (text or "").strip():
        return {"label": None, "fault": None}
    try:
        return {"label": EMOTIONS[emotion_index(str(text))], "fault": None}
    except ValueError as error:
        return {"label": None, "fault": f"label {error}"}


def with_columns(table: Dataset, **columns: Sequence[str | None]) -> Dataset:
    """A table with these columns of text, in place of those of the same name.

    The readers use this and `select`, not `map` and `filter`: `datasets` keeps the results of those two in its cache,
    from where they would come back after a rule of the reader has changed.
    """
    table = table.remove_columns([name for name in columns if name in table.column_names])
    for name, values in columns.items():
        table = table.add_column(name, list(values), feature=Value("string"))
    return table


def with_labels(table: Dataset, ids: Sequence[str], labels: Sequence[Mapping[str, str | None]]) -> Dataset:
    """A table with `id`, and with `label` and `fault` as `label_columns` returns them for each row."""
    columns = {name: [label[name] for label in labels] for name in ("label", "fault")}
    return with_columns(table, id=ids, **columns)


def numbered(table: Dataset, column: str = "label") -> Dataset:
    """A table's rows as items: `id` by position, `label` and `fault` from a column with a basic emotion."""
    labels = [label_columns(text) for text in table[column]]
    return with_labels(table.remove_columns(column), positions(table), labels)


def positions(table: Dataset) -> list[str]:
    """Ids of rows that have no name of their own: "000000" and so on."""
    return [f"{row:06}" for row in range(len(table))]
