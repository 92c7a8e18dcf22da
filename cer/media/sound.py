"""Sound: decoded audio as mono float32 samples, of a clip or of a corpus' encoded bytes."""

import io
from collections.abc import Iterator
from typing import Any

import av
import numpy as np

from cer.errors import ClipError
from cer.media.clip import SAMPLE_RATE
from cer.media.container import OPTIONS, audio_stream, cause, origin_of


class Sounds:
    """Decoded audio frames to mono float32 with the time of each piece."""

    def __init__(self, origin: float, rate: int = SAMPLE_RATE) -> None:
        self._resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
        self._origin, self._rate = origin, rate
        self._next: float | None = None

    def convert(self, frame: Any | None) -> Iterator[tuple[float, np.ndarray]]:
        if (
            frame is not None
            and frame.time is not None
            and (self._next is None or abs(frame.time - self._origin - self._next) > 0.1)
        ):
            self._next = (
                frame.time - self._origin
            )  # the first frame, or a gap in the track: follow the container's clock
        for piece in self._resampler.resample(frame):
            samples = np.nan_to_num(piece.to_ndarray().reshape(-1), posinf=1.0, neginf=-1.0).clip(-1, 1)
            start = self._next or 0.0
            self._next = start + len(samples) / self._rate
            if len(samples):
                yield start, samples


def decode_sound(encoded: bytes) -> np.ndarray:
    """A whole encoded sound (WAV, FLAC, ...) of a corpus, held in memory, as float32 [N] mono 16 kHz in [-1, 1].

    It is decoded in this process: corpora are their user's own. Raises ClipError when it holds no sound.
    """

    from cer.media.sound import Sounds

    try:
        with av.open(io.BytesIO(encoded), "r", options=OPTIONS) as container:
            audio = audio_stream(container)
            if audio is None:
                raise ClipError("these bytes hold no audio track")
            sounds = Sounds(origin_of(container))
            pieces = [samples for frame in container.decode(audio) for _, samples in sounds.convert(frame)]
            pieces += [samples for _, samples in sounds.convert(None)]
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise ClipError(f"these bytes are no sound that can be read ({cause(error)})") from error
    if not pieces:
        raise ClipError("these bytes hold no sound")
    return np.concatenate(pieces)
