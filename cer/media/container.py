"""Containers: which formats and protocols FFmpeg may open, and where their tracks and clock begin."""

from pathlib import Path
from typing import Any

import av

from cer.media.clip import ACCEPTED

MAX_STREAMS = 64

_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,flv,asf,mxf,dv,"
    "ogg,wav,mp3,flac,aac,gif,mpegvideo,h264,hevc,m4v"
)

# Containers are allow-listed and only local files are opened: a playlist or concat script could name any file or host.
OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file,pipe", "max_streams": str(MAX_STREAMS)}


class Refused(Exception):
    """A clip that is not read, and why: what follows its name in the message."""


def open_container(path: Path) -> Any:
    """An open container. Raises Refused when it is none that is accepted."""
    try:
        return av.open(str(path), options=OPTIONS, metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise Refused(f"not a video or audio file that can be read ({cause(error)}). {ACCEPTED}.") from error


def cause(error: Exception) -> str:
    message = error.strerror if isinstance(error, OSError | av.error.FFmpegError) else None
    return (message or str(error) or type(error).__name__).lower()


def video_stream(container: Any) -> av.VideoStream | None:
    """The first video track with a frame size; cover art is not a video."""
    for stream in container.streams.video:
        if (
            stream.codec_context is not None
            and stream.codec_context.width
            and not stream.disposition & av.stream.Disposition.attached_pic
        ):
            return stream
    return None


def audio_stream(container: Any) -> av.AudioStream | None:
    """The first audio track whose codec is available."""
    return next(
        (s for s in container.streams.audio if s.codec_context is not None and s.codec_context.sample_rate), None
    )


def origin_of(container: Any) -> float:
    """Seconds on the container's clock at which a player shows 0:00."""
    return (container.start_time or 0) / 1_000_000
