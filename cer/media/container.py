"""Containers: which formats and protocols FFmpeg may open, and where their tracks and clock begin."""

from typing import Any

MAX_STREAMS = 64

_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,flv,asf,mxf,dv,"
    "ogg,wav,mp3,flac,aac,gif,mpegvideo,h264,hevc,m4v"
)

# Containers are allow-listed and only local files are opened: a playlist or concat script could name any file or host.
OPTIONS = {"format_whitelist": _FORMATS, "protocol_whitelist": "file,pipe", "max_streams": str(MAX_STREAMS)}


def cause(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()


def audio_stream(container: Any) -> Any | None:
    return next(
        (s for s in container.streams.audio if s.codec_context is not None and s.codec_context.sample_rate), None
    )


def origin_of(container: Any) -> float:
    """Seconds on the container's clock at which a player shows 0:00."""
    return (container.start_time or 0) / 1_000_000
