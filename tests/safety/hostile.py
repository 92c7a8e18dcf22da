"""Odd and hostile files, made here: each a function that writes one below a folder and returns its path."""

import io
import pickle
import struct
import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from tests.clips import DEMO, ffmpeg, noise, still, write_clip

Maker = Callable[[Path], Path]
READ: dict[str, Maker] = {}  # a result is expected
REFUSED: dict[str, Maker] = {}  # one clear line is expected
EITHER: dict[str, Maker] = {}  # damaged: a result about what is left, or one clear line

PICTURE = "testsrc=size=160x120:rate=25:duration=1.2"
TONE = "sine=frequency=440:duration=1.2"


def _video(name: str, *options: str, image: str = PICTURE, sound: str | None = TONE) -> None:
    """Register a clip made from test signals."""
    transcript = ["-f", "lavfi", "-i", sound] if sound else []
    READ[name] = lambda folder: ffmpeg(folder / name, "-f", "lavfi", "-i", image, *transcript, *options)


def _sound(name: str, *options: str, sound: str = TONE) -> None:
    READ[name] = lambda folder: ffmpeg(folder / name, "-f", "lavfi", "-i", sound, *options)


_video("webm-vp9-opus.webm", "-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", "-c:a", "libopus")
_video("avi-mjpeg-mp3.avi", "-c:v", "mjpeg", "-c:a", "libmp3lame")
_video("mkv-h264-flac.mkv", "-c:a", "flac")
_video("mov-prores-pcm.mov", "-c:v", "prores_ks", "-c:a", "pcm_s16le")
_video("animation.gif", sound=None)
_video("flash.flv", "-ar", "44100")
_video("transport.ts")
_video("mpeg1.mpg")
_video("windows.wmv")
_video("hevc-10-bit-hdr.mp4", "-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params",
       "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc")  # fmt: skip
_video("ten-bit.mp4", "-pix_fmt", "yuv420p10le")
_video("odd-size.mp4", "-pix_fmt", "yuv444p", image="testsrc=size=161x121:rate=25:duration=1")
_video("two-pixels.mp4", image="color=size=2x2:rate=25:duration=1")
_video("tall.mp4", image="testsrc=size=16x1000:rate=25:duration=1")
_video("wide.mp4", image="testsrc=size=4096x16:rate=25:duration=1")
_video("interlaced.ts", "-flags", "+ilme+ildct", "-c:v", "mpeg2video")
_video("grey.mkv", "-pix_fmt", "gray", "-c:v", "ffv1")
_video("alpha.mov", "-c:v", "qtrle", "-pix_fmt", "argb", image="color=c=red@0.5:size=160x120:duration=1,format=rgba")
_video("thousand-frames-a-second.mp4", image="testsrc=size=64x48:rate=1000:duration=2")
_video("ten-thousand-tiny-frames.mp4", image="color=size=16x16:rate=500:duration=20", sound=None)
_video("one-frame.mp4", "-frames:v", "1", sound=None)
_video("shortest.mp4", image="testsrc=size=160x120:rate=25:duration=0.04", sound=None)
_video("black.mp4", image="color=c=black:size=160x120:duration=1.2")
_video("silent-track.mp4", sound="anullsrc=duration=1.2")
_video("noise-track.mp4", sound="anoisesrc=duration=1.2:amplitude=1")
_video("no-sound.mp4", sound=None)
_video("eight-channels.mkv", "-ac", "8", "-c:a", "pcm_s16le")
_video("fast-sampled.mkv", "-ar", "192000", "-c:a", "pcm_s32le")
_video("sound-outlasts-picture.mp4", sound="sine=frequency=440:duration=4")
_video("picture-outlasts-sound.mp4", sound="sine=frequency=440:duration=0.3")
_video("starts-at-an-hour.mkv", "-output_ts_offset", "3600")
_video("pixels-that-are-not-square.mp4", "-aspect", "100:1")
_video("names-itself-with-html.mp4", "-metadata", "title=<script>alert(1)</script>=cmd|'/c calc'!A1")
_video(
    "two-sound-tracks.mkv", "-f", "lavfi", "-i", "sine=frequency=880:duration=1", "-map", "0", "-map", "1", "-map", "2"
)
_video("two-pictures.mkv", "-map", "0", "-map", "0", "-map", "1")
_sound("vorbis.ogg", "-c:a", "libvorbis")
_sound("lossless.flac")
_sound("plain.mp3")
_sound("telephone.wav", "-ar", "8000", "-c:a", "pcm_u8")
_sound("heard-only.m4a")


def _make(group: dict[str, Maker]) -> Callable[[Maker], Maker]:
    def register(maker: Maker) -> Maker:
        group[maker.__name__.strip("_").replace("_", "-")] = maker
        return maker

    return register


@_make(READ)
def _sound_that_calls_itself_a_film(folder: Path) -> Path:
    return ffmpeg(folder / "a.wav", "-f", "lavfi", "-i", TONE).rename(folder / "film.mp4")


@_make(READ)
def _film_that_calls_itself_text(folder: Path) -> Path:
    path = folder / "notes.txt"
    path.write_bytes(DEMO.read_bytes())
    return path


@_make(READ)
def _name_full_of_tricks(folder: Path) -> Path:
    path = folder / "=HYPERLINK(1)<img src=x onerror=alert(1)>\n..\u202e\u2603.mp4"
    return write_clip(path.with_name("x.mp4"), still([0, 0.2, 0.4], noise())).rename(path)


@_make(READ)
def _very_long_name(folder: Path) -> Path:
    return write_clip(folder / "y.mp4", still([0, 0.2], noise())).rename(folder / ("n" * 240 + ".mp4"))


@_make(READ)
def _uneven_times(folder: Path) -> Path:
    return write_clip(folder / "vfr.mkv", still([0, 0.01, 0.5, 0.51, 2.9], noise()))


@_make(READ)
def _an_hour_between_two_pictures(folder: Path) -> Path:
    return write_clip(folder / "gap.mkv", still([0, 0.2, 3600.0, 3600.2], noise()))


@_make(READ)
def _samples_that_are_no_numbers(folder: Path) -> Path:
    samples = np.full(16_000, np.nan, "<f4")
    samples[::3] = np.inf
    samples[::5] = 1e30
    path = folder / "nan.wav"
    head = struct.pack("<HHIIHH", 3, 1, 16_000, 64_000, 4, 32)
    body = (
        b"WAVEfmt "
        + struct.pack("<I", len(head))
        + head
        + b"data"
        + struct.pack("<I", samples.nbytes)
        + samples.tobytes()
    )
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    return path


@_make(READ)
def _forty_faces(folder: Path) -> Path:
    from skimage.data import astronaut

    face = np.asarray(Image.fromarray(astronaut()[20:200, 140:300]).resize((96, 96)))
    return write_clip(folder / "crowd.mp4", still([0, 0.2, 0.4, 0.6], np.tile(face, (5, 8, 1))))


@_make(READ)
def _size_that_changes(folder: Path) -> Path:
    parts = [
        ffmpeg(folder / f"{size}.ts", "-f", "lavfi", "-i", f"testsrc=size={size}:rate=25:duration=1").read_bytes()
        for size in ("160x120", "320x240", "64x64")
    ]
    path = folder / "changes.ts"
    path.write_bytes(b"".join(parts))
    return path


@_make(READ)
def _cover_picture_is_no_film(folder: Path) -> Path:
    Image.fromarray(noise()).save(folder / "cover.png")
    expected = ["-f", "lavfi", "-i", TONE, "-i", str(folder / "cover.png"), "-map", "0", "-map", "1"]
    return ffmpeg(folder / "cover.mp3", *expected, "-disposition:v", "attached_pic")


@_make(READ)
def _subtitles_with_script(folder: Path) -> Path:
    (folder / "s.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\n<script>alert(1)</script>\n")
    return ffmpeg(folder / "subtitled.mkv", "-f", "lavfi", "-i", PICTURE, "-i", str(folder / "s.srt"))


@_make(READ)
def _header_that_promises_five_hours(folder: Path) -> Path:
    path = write_clip(folder / "promises.mp4", still([0, 0.5, 1.0], noise()))
    data = bytearray(path.read_bytes())
    at = data.index(b"mvhd") + 4 + 4 + 8
    scale = struct.unpack(">I", data[at : at + 4])[0]
    data[at + 4 : at + 8] = struct.pack(">I", 5 * 3600 * scale)
    path.write_bytes(bytes(data))
    return path


def _written(group: dict[str, Maker], name: str, content: bytes) -> None:
    def maker(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(content)
        return path

    group[name] = maker


def _png() -> bytes:
    values = io.BytesIO()
    Image.fromarray(noise()).save(values, "png")
    return values.getvalue()


def _zip() -> bytes:
    values = io.BytesIO()
    with zipfile.ZipFile(values, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(10**7))
    return values.getvalue()


_written(REFUSED, "empty.mp4", b"")
_written(REFUSED, "diary.mp4", b"dear diary, this is no video\n" * 50)
_written(REFUSED, "zeros.mp4", bytes(100_000))
_written(REFUSED, "random.mp4", np.random.default_rng(0).bytes(200_000))
_written(REFUSED, "playlist.mp4", b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")
_written(REFUSED, "playlist.m3u8", b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:1/a.ts\n#EXT-X-ENDLIST\n")
_written(REFUSED, "concat.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n")
_written(REFUSED, "session.sdp", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n")
_written(REFUSED, "manifest.mpd", b"<?xml version='1.0'?><MPD><Period><BaseURL>file:///etc/</BaseURL></Period></MPD>")
_written(REFUSED, "drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>")
_written(REFUSED, "page.html.mp4", b"<html><script>alert(1)</script></html>" * 20)
_written(REFUSED, "picture.png", _png())
_written(REFUSED, "archive.mp4", _zip())
_written(REFUSED, "pickle.mp4", pickle.dumps({"a": list(range(1000))}))
_written(REFUSED, "script.py.mp4", b"import os\nos.system('true')\n" * 10)
_written(REFUSED, "subtitles.mp4", b"1\n00:00:00,000 --> 00:00:01,000\nhello\n")
_written(REFUSED, "header-only.avi", b"RIFF\x24\x00\x00\x00AVI LIST")
_written(
    REFUSED, "box-without-end.mp4", struct.pack(">I", 24) + b"ftypisom" + bytes(12) + struct.pack(">I", 2**31) + b"moov"
)
_written(REFUSED, "box-of-nothing.mp4", struct.pack(">I", 8) + b"free" + bytes(64))
_EBML = "1a45dfa3a34286810142f7810142f2810442f381084282886d6174726f736b61"
_written(REFUSED, "matroska-head-only.mkv", bytes.fromhex(_EBML))


@_make(REFUSED)
def _folder(folder: Path) -> Path:
    (folder / "clips.mp4").mkdir()
    return folder / "clips.mp4"


@_make(REFUSED)
def _nothing(folder: Path) -> Path:
    return folder / "gone.mp4"


@_make(REFUSED)
def _device(folder: Path) -> Path:
    return Path("/dev/zero")


@_make(REFUSED)
def _link_to_a_secret(folder: Path) -> Path:
    (folder / "link.mp4").symlink_to("/etc/passwd")
    return folder / "link.mp4"


@_make(REFUSED)
def _index_missing(folder: Path) -> Path:
    data = DEMO.read_bytes()
    path = folder / "cut.mp4"
    path.write_bytes(data[: data.index(b"moov") + 50])
    return path


@_make(REFUSED)
def _picture_of_144_million_pixels(folder: Path) -> Path:
    return ffmpeg(folder / "bomb.avi", "-f", "lavfi", "-i", "color=size=12000x12000:rate=1:duration=1", "-c:v", "mjpeg",
                  "-threads", "1", "-frames:v", "1")  # fmt: skip


@_make(REFUSED)
def _seven_hours(folder: Path) -> Path:
    return write_clip(folder / "seven.mkv", still([0, 7 * 3600.0], noise()))


@_make(REFUSED)
def _codec_that_nobody_knows(folder: Path) -> Path:
    path = write_clip(folder / "codec.mp4", still([0, 0.5], noise()))
    path.write_bytes(path.read_bytes().replace(b"avc1", b"zzzz").replace(b"avcC", b"zzzC"))
    return path


@_make(EITHER)
def _track_without_a_sample(folder: Path) -> Path:
    path = folder / "samples.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
    return path


@_make(EITHER)
def _cut_in_the_middle(folder: Path) -> Path:
    path = folder / "half.mp4"
    data = DEMO.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def _flipped(share: float, seed: int) -> None:
    def maker(folder: Path) -> Path:
        rng = np.random.default_rng(seed)
        data = np.frombuffer(DEMO.read_bytes(), np.uint8).copy()
        places = rng.integers(1000, len(data), int(share * len(data)))
        data[places] ^= rng.integers(1, 255, len(places)).astype(np.uint8)
        path = folder / f"flipped-{seed}.mp4"
        path.write_bytes(data.tobytes())
        return path

    EITHER[f"flipped-{share:.4%}"] = maker


for number, part in enumerate((1e-5, 1e-4, 1e-3, 1e-2)):
    _flipped(part, number)
