"""Video: the only place that writes through FFmpeg. MoviePy encodes what `media` decoded."""

import wave
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from cer.errors import ClipError
from cer.media.clip import Clip, Frame, Sound
from cer.media.reader import stream

MAX_VIDEO_SIDE = 1280  # pixels, of an annotated clip
SOUND_RATE = 44_100  # Hz, of an annotated clip
MAX_SILENCE = 600  # seconds that a gap in the sound track is taken to last
VIDEO_RATE = (10.0, 30.0)  # frames a second, of an annotated clip: least and most

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
    from moviepy import AudioFileClip, VideoClip

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
