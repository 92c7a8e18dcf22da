"""Video: the only place that writes through FFmpeg. MoviePy encodes what `media` decoded."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from .errors import ClipError
from .media import Clip, Frame, stream

MOST_VIDEO_SIDE = 1280  # pixels, of an annotated clip
VIDEO_RATE = (10.0, 30.0)  # pictures a second, of an annotated clip: least and most

Painter = Callable[[float, np.ndarray], np.ndarray]


def write_video(clip: Clip, path: Path, painter: Callable[[int, int], Painter]) -> None:
    """Write a clip anew as an H.264 MP4 (AAC sound) that browsers play, every picture passed through a painter.

    painter(width, height) gives a function of a time in seconds and the RGB picture shown then. The sound track is the
    clip's own. A variable frame rate becomes a constant one: each new picture is the one that the clip shows at its
    time.
    """
    if not clip.has_video:
        raise ClipError(f"{clip.name}: there is no video track to annotate.")
    from moviepy import AudioFileClip, VideoClip

    rate = float(np.clip(clip.fps, *VIDEO_RATE))
    frames = (item for item in stream(clip, 1000.0, MOST_VIDEO_SIDE) if isinstance(item, Frame))
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
    sound = AudioFileClip(str(clip.path)) if clip.has_audio else None
    try:
        video.with_audio(sound).write_videofile(
            str(path),
            fps=rate,
            codec="libx264",
            audio_codec="aac",
            logger=None,
            temp_audiofile_path=str(path.parent),
            ffmpeg_params=["-pix_fmt", "yuv420p", "-movflags", "+faststart"],
        )
    finally:
        if sound is not None:
            sound.close()


def _fit(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """An odd row or column cut off, or a picture of another size brought to the size of the first."""
    if 0 <= image.shape[0] - height <= 1 and 0 <= image.shape[1] - width <= 1:
        return np.ascontiguousarray(image[:height, :width])
    frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(width, height)
    return np.asarray(frame.to_ndarray())
