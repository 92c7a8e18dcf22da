"""The file of the ABAW compound expression challenge: a class for every row of the organizers' manifest.

image_location,Fearfully_Surprised,Happily_Surprised,...      (the manifest's header, written back as it is)
01/00001.jpg,3                                                (a class from 0 to 6)
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from cer.errors import DataError
from cer.files import read_file, write_whole
from cer.labels import COMPOUNDS, compound_index
from eval.tables import column
from eval.targets import at, members

VIEWS = ("ppa", "pfsa", "compound")
HEADER = ",".join(["image_location", *(name.replace(" ", "_") for name in COMPOUNDS)])


@dataclass(frozen=True, slots=True)
class Manifest:
    """The rows that are asked for, in order: image_location, the video's id and the frame counted from 0."""

    locations: list[str]
    videos: list[str]
    frames: list[int]


def read_manifest(path: Path) -> Manifest:
    """The organizers' sample file. Raises DataError with the line that is not `VIDEO/NUMBER.jpg`."""
    lines = read_file(path).splitlines()
    if not lines or not lines[0].startswith("image_location"):
        raise DataError(f"{path}: line 1 must start with image_location, as the organizers' sample does.")
    manifest, lines_of = Manifest([], [], []), dict[str, int]()
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        location = line.split(",")[0].strip()
        parts = PurePosixPath(location)
        if len(parts.parts) != 2 or not re.fullmatch("[0-9]{1,9}", parts.stem) or int(parts.stem) < 1:
            raise DataError(f"{path}: line {number} is {line!r}; it must name VIDEO/NUMBER.jpg, counted from 1.")
        if lines_of.setdefault(location, number) != number:
            raise DataError(f"{path}: line {number} is {location}, as line {lines_of[location]} is. Remove one.")
        manifest.locations.append(location)
        manifest.videos.append(parts.parts[0])
        manifest.frames.append(int(parts.stem) - 1)
    if not manifest.locations:
        raise DataError(f"{path}: lists no rows.")
    return manifest


def submission(run: Path, manifest: Manifest, view: str = "compound", missing: str | None = None) -> str:
    """The challenge's file from a run of c-expr-db: every row of the manifest once, in its order, and no other.

    view: "ppa", "pfsa" or "compound". Frames past what the video holds have the class of the last moment. missing: the
    class of videos that the run could not predict. Raises DataError that names those videos when it is not given.
    """
    table, frame_table = _run_of_frames(run)
    classes = _classes(table, frame_table, view)
    lost = sorted(set(manifest.videos) - set(classes))
    if lost and missing is None:
        raise DataError(
            f"{run}: {len(lost)} videos of the manifest have no predictions of {view} ({', '.join(lost[:8])}). Run "
            "them, or give --missing LABEL to write one class for all of their frames."
        )
    fallback = _class_of(missing) if missing is not None else -1
    lines = [HEADER]
    for location, video, frame in zip(manifest.locations, manifest.videos, manifest.frames, strict=True):
        scores = classes.get(video)
        lines.append(f"{location},{fallback if scores is None else scores[min(frame, len(scores) - 1)]}")
    return "\n".join(lines) + "\n"


def _run_of_frames(run: Path) -> tuple[pa.Table, pa.Table]:
    """The predictions and frames of a run. Raises DataError for what is no run of compound expressions by frame."""
    try:
        result = json.loads((run / "results.json").read_text("utf-8"))
        if not set(result["classes"]) <= set(COMPOUNDS):
            raise DataError(f"{run}: is a run of {result['corpus']}, whose labels are not the challenge's.")
        return pq.read_table(run / "predictions.parquet"), pq.read_table(run / "frames.parquet")
    except DataError:
        raise
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{run}: is no finished run of a corpus with frames, such as c-expr-db.") from error


def _class_of(label: str) -> int:
    try:
        return compound_index(label)
    except ValueError as error:
        raise DataError(f"--missing {label}: {error}.") from error


def disagreements(run: Path, manifest: Manifest) -> list[str]:
    """Which videos the manifest asks more or fewer rows of than could be decoded, and the rule that was applied."""
    table = pq.read_table(run / "frames.parquet")
    if "decoded" in table.column_names:
        table = table.filter(table["decoded"])
    decoded, asked_for = Counter(table["id"].to_pylist()), Counter(manifest.videos)
    both = [video for video in asked_for if video in decoded]
    more = [video for video in both if asked_for[video] > decoded[video]]
    fewer = [video for video in both if asked_for[video] < decoded[video]]
    rules = (
        (more, "more rows than decoded frames: rows beyond have the class of the last moment"),
        (fewer, "fewer rows than decoded frames: frames beyond are not in the file"),
    )
    return [f"{len(videos)} videos ({', '.join(videos[:8])}) have {rule}" for videos, rule in rules if videos]


def _classes(table: pa.Table, frames: pa.Table, view: str) -> Mapping[str, np.ndarray]:
    """Class of every frame by video: the strongest of the mean of the segments that cover it. A video without a value
    is left out.
    """
    values = np.nan_to_num(column(table, view).astype(np.float64))
    valid = (~np.isnan(column(table, view)).any(1)).astype(np.float64)
    names = np.array(frames["id"].to_pylist(), str)
    times = frames["time"].to_numpy()
    classes = {}
    for name, rows in members(table).items():
        if not valid[rows].any():
            continue
        moments = times[names == name] if (names == name).any() else np.zeros(1)
        cover = at(table.take(rows), moments)
        total, count = cover @ values[rows], cover @ valid[rows]
        whole = values[rows].sum(0)  # of the clip, for frames that no segment with a value covers
        classes[name] = np.where((count > 0)[:, None], total, whole).argmax(1)
    return classes


def problems(content: str, manifest: Manifest) -> list[str]:
    """What is wrong with a submission, in words; empty when it is right."""
    lines = content.splitlines()
    faults = []
    if not lines or lines[0].strip() != HEADER:
        faults.append(f"line 1 must be {HEADER}")
    labels: dict[str, int] = {}
    order = []
    for number, line in enumerate(lines[1:], 2):
        location, _, value = line.partition(",")
        if not line.strip():
            continue
        if value.strip() not in {str(index) for index in range(len(COMPOUNDS))}:
            faults.append(f"line {number}: {value!r} is no class from 0 to {len(COMPOUNDS) - 1}")
        if location in labels:
            faults.append(f"line {number}: {location} is on line {labels[location]} already")
        labels.setdefault(location, number)
        order.append(location)
    expected = set(manifest.locations)
    absent = [location for location in manifest.locations if location not in labels]
    extra = [location for location in labels if location not in expected]
    if absent:
        faults.append(f"{len(absent)} rows of the manifest are missing, the first is {absent[0]}")
    if extra:
        faults.append(f"{len(extra)} rows are not in the manifest, the first is {extra[0]} on line {labels[extra[0]]}")
    if not absent and not extra and order != manifest.locations and len(order) == len(manifest.locations):
        first = next(i for i, (a, b) in enumerate(zip(order, manifest.locations, strict=True)) if a != b)
        faults.append(f"the order differs from the manifest's, first on line {first + 2}")
    return faults


def write(content: str, path: Path) -> None:
    """Write a submission whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(content.encode(), path)
