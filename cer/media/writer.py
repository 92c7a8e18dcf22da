"""Video: the only place that writes through FFmpeg. MoviePy encodes what `media` decoded."""

import math
import wave
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from cer.errors import ClipError
from cer.media.clip import SAMPLE_RATE, Clip, Frame, Sound
from cer.media.reader import stream

MAX_VIDEO_SIDE = 1280  # pixels, of an annotated clip
SOUND_RATE = 44_100  # Hz, of an annotated clip
MAX_SILENCE = 600  # seconds that a gap in the sound track is taken to last
VIDEO_RATE = (10.0, 30.0)  # frames a second, of an annotated clip: least and most
WAVEFORM_SIZE = (180, 640)  # pixels, height and width
WAVEFORM_INK = (86, 180, 233)

Painter = Callable[[float, np.ndarray], np.ndarray]


def write_video(clip: Clip, path: Path, painter: Callable[[int, int], Painter]) -> None:
    """Re-encode a clip as an H.264 MP4 (AAC sound) that browsers play, every image passed through a painter.

    painter(width, height) returns a function of a time in seconds and the RGB image shown then. The sound is the clip's
    own, in mono. A variable frame rate becomes a constant one: each new image is the one that the clip shows at its
    time. The file is written whole or not at all: what is needed on the way, the clip's sound among it, lies in a
    folder of this call alone, which is gone whatever happens.
    """
    if not clip.has_video:
        raise ClipError(f"{clip.name}: there is no video track to annotate.")
    rate = float(np.clip(clip.fps, *VIDEO_RATE))
    frames = (item for item in stream(clip, 1000.0, MAX_VIDEO_SIDE) if isinstance(item, Frame))
    current = next(frames)
    following = next(frames, None)
    height, width = (side // 2 * 2 for side in current.image.shape[:2])  # H.264 in yuv420p needs even sides
    paint = painter(width, height)

    def shown(time: float) -> np.ndarray:
        nonlocal current, following
        while following is not None and following.time <= time + 0.5 / rate:
            current, following = following, next(frames, None)
        image = current.image
        if image.shape[:2] != (height, width):
            image = _fit(image, width, height)
        return paint(time, image)

    _encode(clip, path, shown, rate)


def write_preview(clip: Clip, path: Path, max_duration: float = math.inf) -> None:
    """Re-encode a clip as `write_video` does, for browsers that cannot play it: its frames as they are, or its waveform
    where it has no video track. Raises ClipError for one of more than max_duration seconds.
    """
    if not clip.duration:  # a recording that broke off, or whose browser never wrote its length
        clip = replace(clip, duration=_decoded_length(clip, max_duration))
    if clip.duration > max_duration:
        raise ClipError(f"{clip.name}: is longer than {max_duration / 60:.0f} minutes. Cut it.")
    if clip.has_video:
        return write_video(clip, path, lambda width, height: lambda time, image: image)
    picture = waveform([item for item in stream(clip, 0.0) if isinstance(item, Sound)], clip.duration)
    _encode(clip, path, lambda time: picture, VIDEO_RATE[0])


def _decoded_length(clip: Clip, enough: float) -> float:
    """Seconds until the last frame and the last sound end, or more than enough."""
    frame_length, end = 1 / max(clip.fps, VIDEO_RATE[0]), 0.0
    for item in stream(clip, VIDEO_RATE[0] * clip.has_video):
        end = max(end, item.time + (frame_length if isinstance(item, Frame) else len(item.samples) / SAMPLE_RATE))
        if end > enough:
            break
    return end


def waveform(sounds: Sequence[Sound], duration: float) -> np.ndarray:
    """The loudest sample of each moment as a bar around the middle, RGB uint8 [H, W, 3]."""
    height, width = WAVEFORM_SIZE
    peaks = np.zeros(width)
    for sound in sounds:
        moments = sound.time + np.arange(len(sound.samples)) / SAMPLE_RATE
        columns = (moments / max(duration, 1e-6) * width).astype(int).clip(0, width - 1)
        np.maximum.at(peaks, columns, np.abs(sound.samples))
    distance = np.abs(np.arange(height) - (height - 1) / 2) / (height / 2)
    inside = distance[:, None] <= np.maximum(0.9 * peaks, 1.5 / height)[None]
    return np.where(inside[..., None], np.array(WAVEFORM_INK, np.uint8), np.uint8(24)).astype(np.uint8)


def _encode(clip: Clip, path: Path, shown: Callable[[float], np.ndarray], rate: float) -> None:
    """Write images, a function of the time in seconds, with the clip's sound: whole, or not at all."""
    from moviepy import AudioFileClip, VideoClip

    video = VideoClip(shown, duration=clip.duration)
    with TemporaryDirectory(prefix=".cer-", dir=path.parent) as private:  # beside its place, so that it can be moved
        part, sound_file = Path(private) / path.name, Path(private) / "sound.wav"
        sound = AudioFileClip(str(sound_file)) if _write_sound(clip, sound_file) else None
        try:
            video.with_audio(sound).write_videofile(
                str(part),
                fps=rate,
                codec="libx264",
                audio_codec="aac",
                logger=None,
                temp_audiofile_path=private,
                ffmpeg_params=["-pix_fmt", "yuv420p", "-movflags", "+faststart"],
            )
        finally:
            if sound is not None:
                sound.close()
        part.replace(path)


def _write_sound(clip: Clip, path: Path) -> bool:
    """A clip's sound as a WAV file, silent where the track has gaps; False when there is none. MoviePy is given this
    and never the clip itself: only `media` opens what strangers sent.
    """
    written = 0  # samples
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        for item in stream(clip, 0.0, sample_rate=SOUND_RATE) if clip.has_audio else ():
            if not isinstance(item, Sound):
                continue
            missing = min(max(round(item.time * SOUND_RATE) - written, 0), MAX_SILENCE * SOUND_RATE)
            samples = np.concatenate([np.zeros(missing, np.float32), item.samples])
            file.writeframes((samples * 32767).astype("<i2").tobytes())
            written += len(samples)
    return written > 0


def _fit(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """An odd row or column cut off, or a frame of another size brought to the size of the first."""
    if 0 <= image.shape[0] - height <= 1 and 0 <= image.shape[1] - width <= 1:
        return np.ascontiguousarray(image[:height, :width])
    frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(width, height)
    return np.asarray(frame.to_ndarray())
