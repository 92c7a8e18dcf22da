"""Makes examples/demo.mp4: ten seconds in which a public-domain portrait moves, raises her brows and speaks.

The portrait is NASA's of Eileen Collins (public domain), as scikit-image ships it; the voice is espeak-ng's. Nobody
acts an emotion here: the clip shows that the software works, not that it is right.

    python tools/make_demo.py      # needs espeak-ng
"""

import subprocess
from pathlib import Path

import av
import numpy as np
from scipy.ndimage import map_coordinates
from skimage import data

from cer.media.clip import SAMPLE_RATE
from cer.media.sound import decode_sound
from cer.perception.face_detection import detect

SECONDS = 10
FPS = 25
WIDTH, HEIGHT = 640, 360
WORDS = (
    (0.4, "Hello there. It is so good to see you again."),
    (4.2, "Oh! What was that? I did not expect this at all!"),
    (7.8, "I am really happy."),
)


def voice() -> np.ndarray:
    """The spoken words, float32 mono 16 kHz of SECONDS."""
    track = np.zeros(SECONDS * SAMPLE_RATE, np.float32)
    for start, words in WORDS:
        spoken = subprocess.run(
            ["espeak-ng", "-v", "en-us+f3", "-s", "150", "--stdout", words], check=True, capture_output=True
        ).stdout
        samples = decode_sound(spoken)
        first = int(start * SAMPLE_RATE)
        track[first : first + len(samples)] += samples[: len(track) - first]
    return 0.7 * track / np.abs(track).max()


def loudness(track: np.ndarray) -> np.ndarray:
    """How far the mouth is open in each video frame, [SECONDS * FPS] in [0, 1]."""
    frames = np.abs(track).reshape(SECONDS * FPS, -1).mean(1)
    smooth = np.convolve(frames, [0.25, 0.5, 0.25], mode="same")
    return np.clip(smooth / np.percentile(smooth, 95), 0, 1)


def warp(
    portrait: np.ndarray, marks: np.ndarray, brows: float, mouth: float, zoom: float, shift: tuple[float, float]
) -> np.ndarray:
    """The portrait seen by a slowly moving camera, brows raised and mouth opened by 0 to 1. RGB uint8 [HEIGHT, WIDTH,
    3].
    """
    size = portrait.shape[0]
    eyes, lips = marks[:2].mean(0), marks[3:].mean(0)
    reach = np.linalg.norm(lips - eyes)
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    x = (columns - WIDTH / 2) / zoom + eyes[0] + shift[0]
    y = (rows - HEIGHT / 2) / zoom + eyes[1] + reach * 0.6 + shift[1]
    near_brow = np.exp(-(((y - (eyes[1] - 0.42 * reach)) / (0.3 * reach)) ** 2) - ((x - eyes[0]) / (1.0 * reach)) ** 2)
    below = np.clip((y - lips[1]) / (0.12 * reach), -1, 1)
    near_mouth = np.exp(-(((y - lips[1]) / (0.55 * reach)) ** 2) - ((x - lips[0]) / (0.6 * reach)) ** 2)
    source = np.stack([y + brows * 0.16 * reach * near_brow - mouth * 0.13 * reach * near_mouth * below, x])
    source = np.clip(source, 0, size - 1)
    return np.stack([map_coordinates(portrait[..., c], source, order=1) for c in range(3)], 2).astype(np.uint8)


def main() -> None:
    portrait = data.astronaut()
    marks = detect(portrait)[0].landmarks * portrait.shape[0]
    track = voice()
    opened = loudness(track)
    path = Path(__file__).parents[1] / "examples" / "demo.mp4"
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", FPS, options={"crf": "24", "preset": "slow"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = container.add_stream("aac", SAMPLE_RATE, layout="mono")
        for index in range(SECONDS * FPS):
            time = index / FPS
            brows = float(np.clip((time - 4.0) * 3, 0, 1) * np.clip((7.6 - time) * 3, 0, 1))
            sway = (6 * np.sin(0.9 * time), 3 * np.sin(1.7 * time))
            image = warp(
                portrait, marks, brows, float(max(opened[index], 0.6 * brows)), 1.35 + 0.1 * np.sin(0.5 * time), sway
            )
            for packet in video.encode(av.VideoFrame.from_ndarray(image, "rgb24")):
                container.mux(packet)
        sound = av.AudioFrame.from_ndarray(track[None], "fltp", "mono")
        sound.sample_rate = SAMPLE_RATE
        for packet in [*audio.encode(sound), *audio.encode(None), *video.encode(None)]:
            container.mux(packet)
    print(f"{path}: {path.stat().st_size / 1024:.0f} kB")


if __name__ == "__main__":
    main()
