"""Small copies of gated corpora, laid out as their organizers do, from clips made here."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.clips import DEMO, still, write_clip

SAID = [
    ("I love it!", "joy"),
    ("I hate you!", "anger"),
    ("", "fear"),
    ("What? Really?", "surprise"),
    ("Okay.", "neutral"),
]
AFFWILD2_HEADER = "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other"


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("meld") / "meld-test.csv"
    pd.DataFrame(SAID * 4, columns=["text", "emotion"]).to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def two_faces(tmp_path_factory: pytest.TempPathFactory, portrait: np.ndarray) -> Path:
    """5 s at an uneven frame rate: the portrait, and its mirror image at its right."""
    head = portrait[:256, 100:356]
    image = np.concatenate([head, head[:, ::-1]], 1)
    times = [0.0]
    while times[-1] < 4.9:
        times.append(round(times[-1] + (0.04 if len(times) % 3 else 0.11), 3))
    return write_clip(tmp_path_factory.mktemp("faces") / "two.mp4", still(times, image))


@pytest.fixture(scope="session")
def affwild2(tmp_path_factory: pytest.TempPathFactory, two_faces: Path) -> Path:
    """Aff-Wild2's layout: videos in batches, one class a frame, two people in a video, and a video that is gone."""
    root = tmp_path_factory.mktemp("affwild2")
    (root / "batch1").mkdir()
    annotations = root / "Annotations" / "EXPR_Recognition_Challenge" / "Validation_Set"
    annotations.mkdir(parents=True)
    (root / "batch1" / "7-30-1920x1080.mp4").write_bytes(two_faces.read_bytes())
    (root / "batch1" / "12.mp4").write_bytes(DEMO.read_bytes())
    for name, frames in {
        "7-30-1920x1080_left": [0, 0, 4, -1, 4],
        "7-30-1920x1080_right": [6] * 80 + [-1] * 40,
        "12": [4] * 200 + [-1] * 20 + [0] * 30,
        "gone": [1, 1],
    }.items():
        (annotations / f"{name}.txt").write_text("\n".join([AFFWILD2_HEADER, *map(str, frames)]) + "\n")
    return root


@pytest.fixture(scope="session")
def afew(tmp_path_factory: pytest.TempPathFactory, two_faces: Path) -> Path:
    root = tmp_path_factory.mktemp("afew")
    for number, emotion in enumerate(["Happy", "Angry"]):
        folder = root / "Val_AFEW" / emotion
        folder.mkdir(parents=True)
        # An .avi that is none is read all the same: the content decides.
        (folder / f"00{number}.avi").write_bytes((DEMO if emotion == "Happy" else two_faces).read_bytes())
    return root


@pytest.fixture(scope="session")
def c_expr_db(tmp_path_factory: pytest.TempPathFactory, two_faces: Path) -> Path:
    root = tmp_path_factory.mktemp("cexpr")
    (root / "videos").mkdir()
    (root / "videos" / "01.mp4").write_bytes(two_faces.read_bytes())
    (root / "videos" / "02.mp4").write_bytes(DEMO.read_bytes())
    return root
