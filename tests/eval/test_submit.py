"""The challenge's file from a made run: three videos, no clip and no model."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cer.errors import DataError
from cer.labels import COMPOUNDS
from eval.submit import HEADER, disagreements, problems, read_manifest, submission, write
from eval.tables import table_of

FRAME_RATE = 5  # frames a second
CLASSES: dict[str, list[int] | list[None]] = {
    "01": [3, 3],
    "02": [1, 6, 4],
    "03": [None, None],
}  # of each video's segments; 4 s long, 2 s apart
FRAMES = {"01": 20, "02": 40}  # of 03 no frame could be decoded


def certain(index: int | None, share: float = 0.4) -> list[float] | None:
    """Seven probabilities of which one is `share`."""
    if index is None:
        return None
    return [share if i == index else (1 - share) / 6 for i in range(7)]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    rows = [
        {"id": name, "start": 2.0 * i, "end": 2.0 * i + 4, "compound": certain(index, 0.4 + i / 10), "ppa": certain(5)}
        for name, classes in CLASSES.items()
        for i, index in enumerate(classes)
    ]
    pq.write_table(table_of(rows), folder / "predictions.parquet")
    names = [name for name, count in FRAMES.items() for _ in range(count)]
    times = np.concatenate([np.arange(count) / FRAME_RATE for count in FRAMES.values()])
    pq.write_table(pa.table({"id": names, "time": times}), folder / "frames.parquet")
    (folder / "results.json").write_text(json.dumps({"corpus": "c-expr-db", "classes": list(COMPOUNDS)}))
    return folder


def manifest_file(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return path


def lines_of(made: Path, tmp_path: Path, rows: list[str], **options: str) -> list[str]:
    manifest = read_manifest(manifest_file(tmp_path / "manifest.txt", rows))
    return submission(made, manifest, **options).splitlines()


def test_a_manifest_is_read_in_its_order_with_frames_counted_from_zero(tmp_path: Path) -> None:
    path = manifest_file(tmp_path / "m.txt", ["02/00009.jpg,,,", "", "01/00001.jpg", "01/999999999.jpg,"])
    manifest = read_manifest(path)
    assert manifest.locations == ["02/00009.jpg", "01/00001.jpg", "01/999999999.jpg"]
    assert manifest.videos == ["02", "01", "01"]
    assert manifest.frames == [8, 0, 999999998]


@pytest.mark.parametrize("row", ["01/00000.jpg", "00001.jpg", "a/01/00001.jpg", "01/x.jpg", "01/1234567890.jpg"])
def test_a_manifest_with_another_kind_of_row_is_refused_with_its_line(row: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 3 is .* counted from 1"):
        read_manifest(manifest_file(tmp_path / "m.txt", ["01/00001.jpg", row]))


def test_a_manifest_with_a_row_twice_without_rows_or_a_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"line 4 is 01/00001.jpg, as line 2 is"):
        read_manifest(manifest_file(tmp_path / "m.txt", ["01/00001.jpg", "01/00002.jpg", "01/00001.jpg"]))
    with pytest.raises(DataError, match="lists no rows"):
        read_manifest(manifest_file(tmp_path / "m.txt", []))
    for content in ("", "01/00001.jpg\n"):
        (tmp_path / "m.txt").write_text(content)
        with pytest.raises(DataError, match="line 1 must start with image_location"):
            read_manifest(tmp_path / "m.txt")


def test_every_frame_has_the_class_of_the_segments_that_cover_it(made: Path, tmp_path: Path) -> None:
    # 02 at 0.0 s: class 1 alone; at 2.0 s: 1 with 0.4 and 6 with 0.5; at 5.8 s: 6 with 0.5, 4 with 0.6; at 6.0 s: 4
    rows = [f"02/{number:05}.jpg" for number in (1, 10, 11, 20, 21, 30, 31, 40)] + ["01/00001.jpg"]
    lines = lines_of(made, tmp_path, rows)
    assert lines[0] == HEADER
    assert [line.split(",")[0] for line in lines[1:]] == rows
    assert [int(line.split(",")[1]) for line in lines[1:]] == [1, 1, 6, 6, 4, 4, 4, 4, 3]


def test_frames_past_the_end_have_the_class_of_the_last_moment(made: Path, tmp_path: Path) -> None:
    assert lines_of(made, tmp_path, ["02/00041.jpg", "02/90000.jpg"])[1:] == ["02/00041.jpg,4", "02/90000.jpg,4"]


def test_another_view_can_be_written(made: Path, tmp_path: Path) -> None:
    assert lines_of(made, tmp_path, ["02/00001.jpg"], view="ppa")[1:] == ["02/00001.jpg,5"]


def test_a_video_without_a_decoded_frame_has_the_class_of_its_first_moment(made: Path, tmp_path: Path) -> None:
    table = pq.read_table(made / "frames.parquet")
    pq.write_table(table.filter(pa.array([name != "02" for name in table["id"].to_pylist()])), made / "frames.parquet")
    assert lines_of(made, tmp_path, ["02/00001.jpg", "02/00030.jpg"])[1:] == ["02/00001.jpg,1", "02/00030.jpg,1"]


def test_frames_that_no_segment_with_a_value_covers_have_the_class_of_their_video(made: Path, tmp_path: Path) -> None:
    rows = [
        {"id": "02", "start": 0.0, "end": 4.0, "compound": None},
        {"id": "02", "start": 4.0, "end": 8.0, "compound": certain(2)},
        {"id": "02", "start": 8.0, "end": 12.0, "compound": certain(6, 0.9)},
    ]
    pq.write_table(table_of(rows), made / "predictions.parquet")
    assert lines_of(made, tmp_path, ["02/00001.jpg", "02/00030.jpg"])[1:] == ["02/00001.jpg,6", "02/00030.jpg,2"]


def test_videos_without_predictions_are_named_or_have_one_class(made: Path, tmp_path: Path) -> None:
    rows = ["02/00001.jpg", *(f"{number}/00001.jpg" for number in range(60, 50, -1))]
    with pytest.raises(
        DataError, match=r"10 videos of the manifest have no predictions of compound \(51, 52, .*57, 58\)\. Run"
    ):
        lines_of(made, tmp_path, rows)
    lines = lines_of(made, tmp_path, rows[:2], missing="sadly_angry")
    assert lines[1:] == ["02/00001.jpg,1", "60/00001.jpg,6"]
    with pytest.raises(DataError, match="--missing nonsense:"):
        lines_of(made, tmp_path, rows, missing="nonsense")


def test_a_video_without_a_value_of_the_view_is_not_of_the_first_class(made: Path, tmp_path: Path) -> None:
    rows = [{"id": "02", "start": 0.0, "end": 4.0, "compound": certain(2), "pfsa": None}]
    pq.write_table(table_of(rows), made / "predictions.parquet")
    with pytest.raises(DataError, match=r"1 videos of the manifest have no predictions of pfsa \(02\)"):
        lines_of(made, tmp_path, ["02/00001.jpg"], view="pfsa")
    assert lines_of(made, tmp_path, ["02/00001.jpg"], view="pfsa", missing="sadly_angry")[1:] == ["02/00001.jpg,6"]


def test_only_a_finished_run_of_compound_expressions_becomes_a_submission(made: Path, tmp_path: Path) -> None:
    (made / "results.json").write_text(json.dumps({"corpus": "afew", "classes": ["Anger", *COMPOUNDS]}))
    with pytest.raises(DataError, match="is a run of afew"):
        lines_of(made, tmp_path, ["02/00001.jpg"])
    for broken in ("", "{}", '{"classes": 1}'):
        (made / "results.json").write_text(broken)
        with pytest.raises(DataError, match="is no finished run"):
            lines_of(made, tmp_path, ["02/00001.jpg"])


def test_videos_with_more_or_fewer_rows_than_frames_are_named_with_the_rule(made: Path, tmp_path: Path) -> None:
    def named(counts: dict[str, int]) -> list[str]:
        rows = [f"{name}/{number:05}.jpg" for name, count in counts.items() for number in range(1, count + 1)]
        return disagreements(made, read_manifest(manifest_file(tmp_path / "m.txt", rows)))

    assert named({"01": 20, "02": 40, "03": 7}) == []
    more, fewer = named({"02": 41, "01": 19})
    assert more.startswith("1 videos (02) have more rows than decoded frames")
    assert fewer.startswith("1 videos (01) have fewer rows than decoded frames")
    table = pq.read_table(made / "frames.parquet")
    decoded = pa.array([row % 2 == 0 for row in range(len(table))])
    pq.write_table(table.append_column("decoded", decoded), made / "frames.parquet")
    assert named({"01": 10, "02": 20}) == []


def test_many_videos_are_counted_and_the_first_eight_named(made: Path, tmp_path: Path) -> None:
    names = [f"{number:02}" for number in range(1, 13)]
    pq.write_table(pa.table({"id": names, "time": [0.0] * 12}), made / "frames.parquet")
    rows = [f"{name}/{number:05}.jpg" for name in names for number in (1, 2)]
    (more,) = disagreements(made, read_manifest(manifest_file(tmp_path / "m.txt", rows)))
    assert more.startswith("12 videos (01, 02, 03, 04, 05, 06, 07, 08) have more rows")


RIGHT = f"{HEADER}\n01/00001.jpg,0\n01/00002.jpg,6\n02/00001.jpg,3\n"


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        (RIGHT, []),
        (RIGHT.replace("\n01", "\n\n01", 1), []),
        (RIGHT.replace("image", "img", 1), [f"line 1 must be {HEADER}"]),
        (RIGHT.replace(",6", ",7"), ["line 3: '7' is no class from 0 to 6"]),
        (RIGHT.replace(",6", ""), ["line 3: '' is no class from 0 to 6"]),
        (
            RIGHT.replace("01/00001.jpg,0\n01/00002.jpg,6\n", ""),
            ["2 rows of the manifest are missing, the first is 01/00001.jpg"],
        ),
        (RIGHT + "03/00001.jpg,1\n", ["1 rows are not in the manifest, the first is 03/00001.jpg on line 5"]),
        (RIGHT + "02/00001.jpg,1\n", ["line 5: 02/00001.jpg is on line 4 already"]),
        (
            f"{HEADER}\n01/00001.jpg,0\n02/00001.jpg,3\n01/00002.jpg,6\n",
            ["the order differs from the manifest's, first on line 3"],
        ),
        (
            f"{HEADER}\n02/00001.jpg,3\n03/00001.jpg,6\n",
            [
                "2 rows of the manifest are missing, the first is 01/00001.jpg",
                "1 rows are not in the manifest, the first is 03/00001.jpg on line 3",
            ],
        ),
        (
            "",
            [f"line 1 must be {HEADER}", "3 rows of the manifest are missing, the first is 01/00001.jpg"],
        ),
    ],
)
def test_the_checker_says_all_that_is_wrong_and_nothing_else(content: str, faults: list[str], tmp_path: Path) -> None:
    rows = ["01/00001.jpg", "01/00002.jpg", "02/00001.jpg"]
    assert problems(content, read_manifest(manifest_file(tmp_path / "m.txt", rows))) == faults


def test_a_submission_is_written_into_folders_that_do_not_exist_yet(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "submission.txt"
    write(RIGHT, path)
    write(RIGHT, path)
    assert path.read_bytes() == RIGHT.encode()
