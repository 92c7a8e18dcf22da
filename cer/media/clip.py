"""What a clip is and what comes out of it: the types that the decoder and its reader share."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cer.media.planes import Planes

SAMPLE_RATE = 16_000  # Hz, mono

MAX_SIDE = 640  # pixels; frames are scaled down to it while they are decoded

MAX_DETAIL_SIDE = 1920  # pixels; of frames for whoever looks for what is small: 6 ms more a frame of 1080p than 640

MAX_DURATION = 6 * 3600.0  # seconds

VIDEO_SUFFIXES = frozenset(
    {".3gp", ".avi", ".flv", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".ts", ".webm", ".wmv"}
)
AUDIO_SUFFIXES = frozenset({".aac", ".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wav"})
"""Files of a folder that are taken for clips; one that is named is tried whatever it is called."""
ACCEPTED = "Give a video file such as MP4, MOV, MKV, WebM or AVI"


@dataclass(frozen=True, slots=True)
class Clip:
    """What the container says about a clip. Width and height are of the upright frame; 0 and fps 0 without a video
    track.
    """

    path: Path
    name: str
    duration: float  # seconds
    fps: float  # average, for information only: times never come from it
    width: int  # pixels
    height: int  # pixels
    has_video: bool
    has_audio: bool
    rotation: int  # degrees counter-clockwise that the player turns the frame
    sha256: str | None = None  # of the file, in hexadecimal; None until the clip is observed


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame and when it is shown.

    Attributes:
        time: Seconds.
        image: RGB uint8 [H, W, 3], upright, longest side at most MAX_SIDE.
        larger: The same with more pixels, where these were asked for and the clip has them.
    """

    time: float
    image: np.ndarray
    larger: Planes | None = None

    def detail(self) -> np.ndarray:
        """RGB uint8 [H, W, 3]: the image with as many pixels as there are."""
        return self.image if self.larger is None else self.larger.image


@dataclass(frozen=True, slots=True)
class Sound:
    """Consecutive samples: float32 [N] mono in [-1, 1], 16 kHz unless asked otherwise; the first sounds at `time`
    seconds.
    """

    time: float
    samples: np.ndarray
