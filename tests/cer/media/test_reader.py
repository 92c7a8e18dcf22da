import os
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cer.errors import ClipError
from cer.media.clip import SAMPLE_RATE, Frame, Sound
from cer.media.decoder import LONGEST_GAP
from cer.media.reader import frame_times, probe, stream
from cer.media.sound import decode_sound
from tests.clips import DEMO, damaged, ffmpeg, noise, still, write_clip


def frames(path: Path, rate: float = 5.0) -> list[Frame]:
    return [item for item in stream(probe(path), rate) if isinstance(item, Frame)]


def sounds(path: Path) -> list[Sound]:
    return [item for item in stream(probe(path), 1.0) if isinstance(item, Sound)]


def test_the_bundled_clip_is_described_as_it_is() -> None:
    clip = probe(DEMO)
    assert (clip.width, clip.height, clip.fps, clip.has_video, clip.has_audio, clip.rotation) == (
        640,
        360,
        25,
        True,
        True,
        0,
    )
    assert clip.duration == pytest.approx(10, abs=0.1)


def test_times_are_the_containers_even_when_the_frame_rate_varies(tmp_path: Path) -> None:
    times = [0.0, 0.03, 0.07, 0.5, 0.51, 0.95, 1.0, 1.9, 2.0, 2.02, 3.3]
    levels = [20 * index for index in range(len(times))]
    images = [(time, np.full((64, 64, 3), level, np.uint8)) for time, level in zip(times, levels, strict=True)]
    result = frames(write_clip(tmp_path / "vfr.mkv", images), rate=1000)
    assert [frame.time for frame in result] == pytest.approx(times, abs=0.0015)
    assert [float(frame.image.mean()) for frame in result] == pytest.approx(levels, abs=4)


def test_an_image_that_stays_is_read_though_it_came_between_two_moments(tmp_path: Path) -> None:
    times = [0, 0.15, 5.0, 5.1, 5.15, 9.0]
    images = [(time, np.full((120, 160, 3), 36 * row, np.uint8)) for row, time in enumerate(times)]
    result = frames(write_clip(tmp_path / "slides.mp4", images), rate=5)
    assert [frame.time for frame in result] == pytest.approx([0, 0.15, 5.0, 5.15, 9.0], abs=0.0015)
    assert [float(frame.image.mean()) for frame in result] == pytest.approx([0, 36, 72, 144, 180], abs=6)


def test_about_as_many_pictures_come_as_were_asked_for(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "steady.mp4", still(np.arange(0, 4, 1 / 25).tolist(), noise()))
    result = [frame.time for frame in frames(path, rate=5)]
    assert len(result) == 20
    assert all(0 <= time - step / 5 < LONGEST_GAP / 5 for step, time in enumerate(result))
    assert [time * 25 for time in result] == pytest.approx([round(time * 25) for time in result], abs=0.01)


@pytest.mark.parametrize("between", [2, 15])
def test_a_large_video_keeps_its_times_and_its_rate_though_pictures_are_skipped(tmp_path: Path, between: int) -> None:
    times = np.arange(0, 3, 1 / 25)
    path = tmp_path / "large.mp4"
    with av.open(str(path), "w") as container:
        options = {
            "preset": "ultrafast",
            "bf": str(between),
            "b_strategy": "0",
            "b-pyramid": "none",
            "sc_threshold": "0",
        }
        video: Any = container.add_stream("libx264", 25, options=options)
        video.width, video.height, video.pix_fmt = 2560, 1440, "yuv420p"
        for index in range(len(times)):
            image = np.full((1440, 2560, 3), 2 * index, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(video.encode(None))
    result = frames(path)
    assert [frame.time * 25 for frame in result] == pytest.approx(
        [round(frame.time * 25) for frame in result], abs=0.01
    )
    assert [float(frame.image.mean()) for frame in result] == pytest.approx([50 * f.time for f in result], abs=4)
    steps = np.diff([frame.time for frame in result])
    assert steps.mean() == pytest.approx(0.2, abs=0.04)
    assert (steps[5:] < 0.35).all()


def test_sound_lies_on_the_pictures_clock(tmp_path: Path) -> None:
    beep = np.sin(np.arange(SAMPLE_RATE) * 0.3).astype(np.float32) * 0.5
    path = write_clip(tmp_path / "late.mkv", still(np.arange(0, 4, 0.1).tolist(), noise()), beep, sound_start=2.0)
    blocks = sounds(path)
    assert blocks[0].time == pytest.approx(2.0, abs=0.08)
    assert sum(len(sound.samples) for sound in blocks) / SAMPLE_RATE == pytest.approx(1.0, abs=0.1)
    assert max(np.abs(sound.samples).max() for sound in blocks) == pytest.approx(0.5, abs=0.1)


def test_a_rotated_clip_comes_upright(tmp_path: Path) -> None:
    image = np.zeros((120, 160, 3), np.uint8)
    image[:60] = 200  # bright above
    plain = write_clip(tmp_path / "plain.mp4", still([0, 0.1, 0.2], image))
    turned = tmp_path / "turned.mp4"
    with av.open(str(plain)) as source, av.open(str(turned), "w") as target:
        track = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = track
                target.mux(packet)
    data = bytearray(turned.read_bytes())
    at = data.index(b"tkhd") + 4 + 4 + 20 + 8 + 8  # the display matrix of the track header, version 0
    quarter = np.array([0, 1, 0, -1, 0, 0, 0, 0, 0], np.int64) * 65536
    quarter[8] = 0x40000000
    data[at : at + 36] = quarter.astype(">i4").tobytes()
    turned.write_bytes(bytes(data))
    clip = probe(turned)
    assert (clip.width, clip.height) == (120, 160)
    item = frames(turned)[0].image
    assert item.shape == (160, 120, 3)
    left, right = float(item[:, :50].mean()), float(item[:, 70:].mean())
    assert abs(left - right) > 150  # what was above is now at a side


def test_large_pictures_are_scaled_down_and_small_ones_left(tmp_path: Path) -> None:
    large = write_clip(tmp_path / "large.mp4", still([0, 0.1], noise(720, 1280)))
    small = write_clip(tmp_path / "small.mp4", still([0, 0.1], noise(120, 160)))
    assert frames(large)[0].image.shape == (360, 640, 3)
    assert frames(small)[0].image.shape == (120, 160, 3)


def test_clips_without_one_of_the_tracks_are_read(tmp_path: Path) -> None:
    tone = np.sin(np.arange(2 * SAMPLE_RATE) * 0.1).astype(np.float32)
    audio_only = probe(write_clip(tmp_path / "heard.m4a", sound=tone))
    video_only = probe(write_clip(tmp_path / "seen.mp4", still([0, 0.5, 1], noise())))
    assert (audio_only.has_video, audio_only.has_audio) == (False, True)
    assert (video_only.has_video, video_only.has_audio) == (True, False)


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.mp4", b""), ("text.mp4", b"this is a diary, not a video\n" * 20), ("noise.mp4", bytes(range(256)) * 40)],
)
def test_what_is_no_clip_is_refused_by_name(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ClipError, match=name):
        probe(path)


def test_a_clip_cut_off_before_its_index_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    data = DEMO.read_bytes()
    moov = data.index(b"moov")
    path.write_bytes(data[: moov + 50])
    with pytest.raises(ClipError, match=r"cut\.mp4"):
        probe(path)


def test_a_clip_cut_off_in_the_middle_gives_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "half.mp4"
    data = DEMO.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    result = frames(path)
    assert 2 < result[-1].time < 9


@pytest.mark.parametrize(
    "script",
    ["#EXTM3U\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile '{target}'\n"],
    ids=["playlist", "concat"],
)
def test_scripts_that_name_other_files_are_not_followed(tmp_path: Path, script: str) -> None:
    path = tmp_path / "innocent.mp4"
    path.write_text(script.format(target=DEMO))
    with pytest.raises(ClipError):
        probe(path)


def test_bytes_that_hold_no_sound_are_refused() -> None:
    with pytest.raises(ClipError):
        decode_sound(b"RIFF but not really")


def test_frame_times_are_those_of_the_decoded_frames(tmp_path: Path) -> None:
    times = [0.0, 0.03, 0.2, 0.25, 0.9, 1.0, 1.35]
    clip = write_clip(tmp_path / "uneven.mp4", [(time, noise(seed=number)) for number, time in enumerate(times)])
    assert frame_times(clip) == pytest.approx(times, abs=1e-3)
    assert len(frame_times(write_clip(tmp_path / "sound.mp4", sound=np.zeros(16000, np.float32)))) == 0
    with pytest.raises(ClipError):
        frame_times(tmp_path / "gone.mp4")


def test_a_face_in_wide_pixels_is_not_squeezed(tmp_path: Path) -> None:
    """A circle of a DVD-like clip, stored half as wide as it is displayed."""
    rows, columns = np.mgrid[:120, :160]
    disc = np.where((rows - 60) ** 2 + (columns - 80) ** 2 < 40**2, 255, 0).astype(np.uint8)[..., None].repeat(3, 2)
    squeezed = tmp_path / "wide.mp4"
    write_clip(tmp_path / "plain.mp4", still([0, 0.1], disc))
    ffmpeg(squeezed, "-i", str(tmp_path / "plain.mp4"), "-vf", "scale=80:120,setsar=2")
    clip = probe(squeezed)
    assert (clip.width, clip.height) == (160, 120)
    shown = frames(squeezed)[0].image[..., 0] > 128
    assert shown.shape == (120, 160)
    assert shown.any(0).sum() == pytest.approx(shown.any(1).sum(), abs=4)


def test_frame_times_of_a_trimmed_clip_are_those_that_a_player_shows(tmp_path: Path) -> None:
    """An edit list hides what lies before the cut; its packets are still there, 40 of 100 of them."""
    clip = write_clip(tmp_path / "whole.mp4", still(np.arange(0, 4, 0.04).tolist(), noise()))
    trimmed = ffmpeg(tmp_path / "trimmed.mp4", "-ss", "1.6", "-i", str(clip), "-c", "copy")
    assert frame_times(trimmed) == pytest.approx(np.arange(0, 2.4, 0.04), abs=0.002)


def test_a_video_without_timestamps_is_read_at_its_frame_rate(tmp_path: Path) -> None:
    clip = ffmpeg(tmp_path / "raw.h264", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=25:duration=1")
    assert frame_times(clip) == pytest.approx(np.arange(0, 1, 0.04))
    assert [frame.time for frame in frames(clip)] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])


def warned(path: Path) -> list[str]:
    warnings: list[str] = []
    for _ in stream(probe(path), 5.0, warn=warnings.append):
        pass
    return warnings


def test_a_sound_that_changes_its_rate_half_way_is_heard_to_the_end(tmp_path: Path) -> None:
    """As when a television recording passes from a film to an advertisement."""
    for number, (rate, channels) in enumerate([(44_100, 1), (48_000, 2)]):
        tone = f"sine=frequency=440:duration=2:sample_rate={rate}"
        ffmpeg(tmp_path / f"{number}.aac", "-f", "lavfi", "-i", tone, "-ac", str(channels), "-f", "adts")
    (tmp_path / "joined.aac").write_bytes(b"".join((tmp_path / f"{number}.aac").read_bytes() for number in (0, 1)))
    clip = write_clip(tmp_path / "plain.mp4", still(np.arange(0, 4, 0.04).tolist(), noise()))
    source = ["-i", str(clip), "-f", "aac", "-i", str(tmp_path / "joined.aac"), "-map", "0:v", "-map", "1:a"]
    changing = ffmpeg(tmp_path / "changing.ts", *source, "-c", "copy")
    blocks = sounds(changing)
    assert blocks[-1].time > 3.5
    assert sum(len(block.samples) for block in blocks) / SAMPLE_RATE == pytest.approx(4, abs=0.2)
    assert frames(changing)[-1].time > 3.7
    assert warned(changing) == []


def test_what_damage_costs_is_said(tmp_path: Path) -> None:
    clip = damaged(tmp_path / "damaged.mkv")
    assert any("damaged packets of the video are lost" in text for text in warned(clip)), warned(clip)


def test_joined_recordings_whose_clock_starts_anew_are_read_to_the_end(tmp_path: Path) -> None:
    part = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=25:duration=2", "-f", "lavfi", "-i", "sine=duration=2"]
    once = ffmpeg(tmp_path / "once.ts", *part).read_bytes()
    (tmp_path / "twice.ts").write_bytes(once * 2)
    result = frames(tmp_path / "twice.ts")
    assert [frame.time for frame in result] == sorted(frame.time for frame in result)
    assert result[-1].time == pytest.approx(3.9, abs=0.3)
    assert any("the clock of the video starts anew" in text for text in warned(tmp_path / "twice.ts"))


def test_speech_survives_when_one_channel_is_wired_the_wrong_way_round(tmp_path: Path) -> None:
    tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=1"]
    for layout in ("c0=c0|c1=-1*c0", "c0=c0|c1=-0.8*c0", "c0=0*c0|c1=c0"):
        path = ffmpeg(tmp_path / "stereo.wav", *tone, "-af", f"pan=stereo|{layout}")
        samples = np.concatenate([sound.samples for sound in sounds(path)])
        assert np.abs(samples[1600:]).max() > 0.05, layout


def test_interlaced_frames_have_no_comb(tmp_path: Path) -> None:
    """A bar that moves 8 pixels a field: woven, every second line of its edges lies elsewhere."""
    moving = "color=black:s=320x240:r=50,drawbox=x=0:y=0:w=40:h=240:c=white:t=fill,scroll=h=-0.025,trim=duration=2"
    weave = ["-vf", "interlace=lowpass=0", "-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-q:v", "2"]
    clip = ffmpeg(tmp_path / "woven.mpg", "-f", "lavfi", "-i", moving, *weave)
    for frame in frames(clip)[1:]:
        lines = frame.image[40:200, :, 0].astype(float)
        assert np.abs(lines[:-2] - lines[2:]).mean() < 2  # the bar is upright
        assert np.abs(np.diff(lines, axis=0)).mean() < 3
    assert [frame.time for frame in frames(clip)] == pytest.approx(np.arange(0, 2, 0.2), abs=0.05)


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_a_clip_of_high_dynamic_range_looks_like_its_usual_version(tmp_path: Path, transfer: str) -> None:
    picture = "testsrc2=size=320x240:rate=5:duration=1,format=gbrp,lutrgb=r=val*0.7+20:g=val*0.7+20:b=val*0.7+20"
    plain = ffmpeg(tmp_path / "plain.mkv", "-f", "lavfi", "-i", picture, "-c:v", "ffv1", "-pix_fmt", "gbrp")
    graph = (
        f"zscale=matrixin=gbr:transferin=bt709:primariesin=bt709:matrix=bt2020nc:transfer={transfer}:primaries=bt2020:"
        "npl=203,format=yuv420p10le"
    )
    names = ["-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc"]
    bright = ffmpeg(tmp_path / "bright.mkv", "-i", str(plain), "-vf", graph, *names, "-c:v", "ffv1")
    expected, shown = (frames(path)[0].image.astype(float) for path in (plain, bright))
    assert abs(shown.mean() - expected.mean()) < 25
    assert np.corrcoef(shown.ravel(), expected.ravel())[0, 1] > 0.97


def test_a_folder_a_pipe_a_device_and_a_link_to_itself_are_called_what_they_are(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    (tmp_path / "broken.mp4").symlink_to(tmp_path / "gone.mp4")
    for path, complaint in (
        (tmp_path, "a folder in which there is no clip"),
        (tmp_path / "pipe.mp4", "a pipe, not a file"),
        (Path("/dev/zero"), "a device, not a file"),
        (tmp_path / "loop.mp4", r"cannot be reached \(too many levels of symbolic links\)"),
        (tmp_path / "broken.mp4", "a link to a file that is not there"),
        (tmp_path / ("n" * 300), r"cannot be reached \(file name too long\)"),
        (tmp_path / "gone.mp4", "no such file"),
    ):
        with pytest.raises(ClipError, match=complaint):
            probe(path)
