"""Sound: decoded audio as mono float32 samples, of a clip or of a corpus' encoded bytes."""

import io
from collections.abc import Iterator
from typing import Any

import av
import numpy as np

from cer.errors import ClipError
from cer.media.clip import SAMPLE_RATE, Sound
from cer.media.container import OPTIONS, audio_stream, cause, origin_of

CANCELLED = 0.1  # power of the mix to the mean power of its channels, below which they cancel each other

MEMORY = 1.0  # seconds, over which powers are averaged

CLOCK_GAP = 0.1  # seconds, from which on a frame's time is trusted before the count of samples


class Mix:
    """Two channels to mono: their mean, unless they cancel each other, as when one is wired the wrong way round; then
    the louder one.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._powers: np.ndarray | None = None  # of the mean, left, right
        self._louder = 0

    def convert(self, channels: np.ndarray) -> np.ndarray:
        """float32 [1 or 2, N] to float32 [N]."""
        mean = np.asarray(channels.mean(0), np.float32)
        if len(channels) == 1 or not len(mean):
            return mean
        powers = np.array([np.mean(np.square(samples, dtype=np.float64)) for samples in (mean, *channels)])
        before, weight = (powers if self._powers is None else self._powers), np.exp(-len(mean) / self._rate / MEMORY)
        self._powers = weight * before + (1 - weight) * powers
        _, *each = self._powers
        if each[1 - self._louder] > 2 * each[self._louder]:
            self._louder = 1 - self._louder
        return channels[self._louder] if self._powers[0] < CANCELLED * np.mean(each) else mean


class Sounds:
    """Decoded audio frames to mono float32 with the time of each piece. Rate, layout and format may change on the
    way.
    """

    def __init__(self, origin: float, rate: int = SAMPLE_RATE) -> None:
        self._origin, self._rate = origin, rate
        self._next: float | None = None
        self._kind: tuple[Any, ...] | None = None
        self._resampler: av.AudioResampler | None = None
        self._mix = Mix(rate)

    def convert(self, frame: Any | None) -> Iterator[Sound]:
        """The pieces that are complete now; None for the end of the track."""
        kind = None if frame is None else (frame.sample_rate, frame.layout.name, frame.format.name)
        if self._resampler is not None and kind != self._kind:
            yield from self._resampled(None)
            self._resampler = None
        if frame is None:
            return
        if self._resampler is None:
            layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
            self._resampler, self._kind = av.AudioResampler(format="fltp", layout=layout, rate=self._rate), kind
        if frame.time is not None and (self._next is None or abs(frame.time - self._origin - self._next) > CLOCK_GAP):
            self._next = frame.time - self._origin  # the first frame, or a gap: follow the container's clock
        yield from self._resampled(frame)

    def _resampled(self, frame: Any | None) -> Iterator[Sound]:
        assert self._resampler is not None
        for piece in self._resampler.resample(frame):
            channels = np.nan_to_num(piece.to_ndarray(), posinf=1.0, neginf=-1.0).clip(-1, 1)
            samples = self._mix.convert(channels)
            start = self._next or 0.0
            self._next = start + len(samples) / self._rate
            if len(samples):
                yield Sound(start, samples)


def decode_sound(encoded: bytes) -> np.ndarray:
    """A whole encoded sound (WAV, FLAC, ...) of a corpus as float32 [N] mono 16 kHz in [-1, 1].

    It is decoded in this process: corpora are their user's own. Raises ClipError when it holds no sound.
    """
    try:
        with av.open(io.BytesIO(encoded), "r", options=OPTIONS) as container:
            audio = audio_stream(container)
            if audio is None:
                raise ClipError("these bytes hold no audio track")
            sounds = Sounds(origin_of(container))
            pieces = [sound.samples for frame in (*container.decode(audio), None) for sound in sounds.convert(frame)]
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise ClipError(f"these bytes are no sound that can be read ({cause(error)})") from error
    if not pieces:
        raise ClipError("these bytes hold no sound")
    return np.concatenate(pieces)
