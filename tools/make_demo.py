"""Makes the clips of examples/: public-domain portraits that move, raise their brows and speak.

demo.mp4: one person talks. two-people.mp4: two in a video call. scene.mp4: shots, cuts and music, as a film has them.
The portraits are NASA's of Eileen Collins, as scikit-image ships it, and the U.S. Navy's of Grace Hopper, as matplotlib
ships it (both in the public domain); the voices are espeak-ng's. Nobody acts an emotion here: the clips show that the
software works, not that it is right.

    python -m tools.make_demo [NAME ...]      # needs espeak-ng
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from matplotlib.cbook import get_sample_data
from PIL import Image
from scipy.ndimage import map_coordinates
from skimage import data

from cer.media.clip import SAMPLE_RATE
from cer.media.sound import decode_sound
from cer.perception.face_detection import detect

FOLDER = Path(__file__).parents[1] / "examples"
FPS = 25
WIDTH, HEIGHT = 640, 360
COLLINS, HOPPER = "en-us+f3", "en-us+f5"  # voices
BAR = 46  # pixels of black above and below a film


@dataclass(frozen=True)
class Line:
    """Words and when they begin, in seconds."""

    start: float
    voice: str
    words: str


@dataclass(frozen=True)
class Portrait:
    """RGB uint8 [H, W, 3], and in pixels the eyes, the lips and how far apart they are."""

    image: np.ndarray
    eyes: np.ndarray
    lips: np.ndarray

    @property
    def reach(self) -> float:
        return float(np.linalg.norm(self.lips - self.eyes))


def portrait(image: np.ndarray) -> Portrait:
    marks = detect(image)[0].landmarks * image.shape[1::-1]
    return Portrait(image, marks[:2].mean(0), marks[3:].mean(0))


def collins() -> Portrait:
    return portrait(data.astronaut())


def hopper() -> Portrait:
    with Image.open(get_sample_data("grace_hopper.jpg", asfileobj=False)) as image:
        return portrait(np.asarray(image.convert("RGB")))


def speech(lines: Sequence[Line], seconds: int) -> np.ndarray:
    """The spoken words, float32 mono 16 kHz."""
    track = np.zeros(seconds * SAMPLE_RATE, np.float32)
    for line in lines:
        spoken = subprocess.run(
            ["espeak-ng", "-v", line.voice, "-s", "150", "--stdout", line.words], check=True, capture_output=True
        ).stdout
        samples = decode_sound(spoken)
        first = int(line.start * SAMPLE_RATE)
        track[first : first + len(samples)] += samples[: len(track) - first]
    return 0.7 * track / np.abs(track).max()


def loudness(track: np.ndarray) -> np.ndarray:
    """How far the mouth is open in each video frame, [SECONDS * FPS] in [0, 1]."""
    frames = np.abs(track).reshape(len(track) * FPS // SAMPLE_RATE, -1).mean(1)
    smooth = np.convolve(frames, [0.25, 0.5, 0.25], mode="same")
    return np.clip(smooth / np.percentile(smooth, 95), 0, 1)


def warp(
    person: Portrait,
    brows: float,
    mouth: float,
    zoom: float,
    shift: tuple[float, float],
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> np.ndarray:
    """The portrait seen by a slowly moving camera, brows raised and mouth opened by 0 to 1. RGB uint8 [H, W, 3] of
    `size`.
    """
    eyes, lips, reach = person.eyes, person.lips, person.reach
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32)
    x = (columns - size[0] / 2) / zoom + eyes[0] + shift[0]
    y = (rows - size[1] / 2) / zoom + eyes[1] + reach * 0.6 + shift[1]
    near_brow = np.exp(-(((y - (eyes[1] - 0.42 * reach)) / (0.3 * reach)) ** 2) - ((x - eyes[0]) / (1.0 * reach)) ** 2)
    below = np.clip((y - lips[1]) / (0.12 * reach), -1, 1)
    near_mouth = np.exp(-(((y - lips[1]) / (0.55 * reach)) ** 2) - ((x - lips[0]) / (0.6 * reach)) ** 2)
    source = np.stack([y + brows * 0.16 * reach * near_brow - mouth * 0.13 * reach * near_mouth * below, x])
    source = np.clip(source, 0, np.array(person.image.shape[:2]).reshape(2, 1, 1) - 1)
    return np.stack([map_coordinates(person.image[..., c], source, order=1) for c in range(3)], 2).astype(np.uint8)


def sway(time: float, phase: float = 0.0) -> tuple[float, float]:
    """Pixels by which a head has moved."""
    return 6 * np.sin(0.9 * time + phase), 3 * np.sin(1.7 * time + phase)


def raised(time: float, start: float, end: float) -> float:
    """How far brows are raised that are up between two moments."""
    return float(np.clip(3 * (time - start), 0, 1) * np.clip(3 * (end - time), 0, 1))


def write(name: str, draw: Callable[[int], np.ndarray], track: np.ndarray) -> None:
    """Write a clip of frames that `draw` makes by their number, and its sound."""
    path = FOLDER / f"{name}.mp4"
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", FPS, options={"crf": "24", "preset": "slow"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = container.add_stream("aac", SAMPLE_RATE, layout="mono")
        for index in range(len(track) * FPS // SAMPLE_RATE):
            for packet in video.encode(av.VideoFrame.from_ndarray(draw(index), "rgb24")):
                container.mux(packet)
        sound = av.AudioFrame.from_ndarray(track[None], "fltp", "mono")
        sound.sample_rate = SAMPLE_RATE
        for packet in [*audio.encode(sound), *audio.encode(None), *video.encode(None)]:
            container.mux(packet)
    print(f"{path}: {path.stat().st_size / 1024:.0f} kB")


def demo() -> None:
    lines = [
        Line(0.4, COLLINS, "Hello there. It is so good to see you again."),
        Line(4.2, COLLINS, "Oh! What was that? I did not expect this at all!"),
        Line(7.8, COLLINS, "I am really happy."),
    ]
    person, track = collins(), speech(lines, 10)
    opened = loudness(track)

    def draw(index: int) -> np.ndarray:
        time = index / FPS
        brows = raised(time, 4.0, 7.6)
        mouth = float(max(opened[index], 0.6 * brows))
        return warp(person, brows, mouth, 1.35 + 0.1 * np.sin(0.5 * time), sway(time))

    write("demo", draw, track)


def two_people() -> None:
    """Side by side, each on a half of the picture; they speak in turn."""
    first, second = collins(), hopper()
    lines = [
        Line(0.3, COLLINS, "Guess what! The tests are green. All of them!"),
        Line(4.0, HOPPER, "No! I found a real bug in there this morning."),
        Line(7.6, COLLINS, "Oh. That is not so good."),
    ]
    voices = [speech([line for line in lines if line.voice == voice], 10) for voice in (COLLINS, HOPPER)]
    opened = [loudness(voice) for voice in voices]
    half = (WIDTH // 2, HEIGHT)

    def draw(index: int) -> np.ndarray:
        time = index / FPS
        shock = raised(time, 5.4, 7.4)
        left = warp(first, shock, float(max(opened[0][index], 0.5 * shock)), 72 / first.reach, sway(time), half)
        right = warp(second, raised(time, 3.8, 5.0), float(opened[1][index]), 72 / second.reach, sway(time, 2.0), half)
        return np.concatenate([left, right], 1)

    write("two-people", draw, np.asarray(sum(voices), np.float32) / 1.4)


def scene() -> None:
    """Three shots in the dark, black bars, a camera that comes closer, a low chord below the words."""
    first, second = collins(), hopper()
    lines = [
        Line(0.8, HOPPER, "Did you hear that?"),
        Line(3.6, COLLINS, "There is somebody at the door."),
        Line(7.2, HOPPER, "Do not open it!"),
    ]
    seconds, cuts = 10, (3.2, 6.6)
    words = speech(lines, seconds)
    opened = loudness(words)
    moments = np.arange(len(words)) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * pitch * moments) for pitch in (82.4, 98.0, 123.5)) / 3
    track = np.asarray(0.8 * words + 0.05 * chord * (1 + 0.5 * np.sin(0.7 * moments)), np.float32)

    def draw(index: int) -> np.ndarray:
        time = index / FPS
        shot = int(np.searchsorted(cuts, time, "right"))
        person = (second, first, second)[shot]
        start = (0.0, *cuts)[shot]
        brows = raised(time, start + 0.4, start + 3.0)
        closer = (98, 84, 108)[shot] * (1 + 0.05 * (time - start))  # pixels from eyes to lips
        image = warp(person, brows, float(max(opened[index], 0.4 * brows)), closer / person.reach, sway(time, shot))
        graded = np.clip(image * np.array([0.62, 0.68, 0.78]), 0, 255).astype(np.uint8)
        graded[:BAR] = graded[-BAR:] = 0
        return graded

    write("scene", draw, track)


CLIPS = {"demo": demo, "two-people": two_people, "scene": scene}


def main() -> None:
    for name in sys.argv[1:] or CLIPS:
        CLIPS[name]()


if __name__ == "__main__":
    main()
