from pathlib import Path

import av
import numpy as np
import pytest

from cer.media.container import MAX_STREAMS, Refused, audio_stream, cause, open_container, origin_of, video_stream
from tests.clips import DEMO, ffmpeg, noise, still, write_clip


def test_the_first_tracks_of_each_kind_are_chosen() -> None:
    with open_container(DEMO) as container:
        video, audio = video_stream(container), audio_stream(container)
        assert video is not None
        assert audio is not None
        assert (video.type, video.index) == ("video", container.streams.video[0].index)
        assert (audio.type, audio.index) == ("audio", container.streams.audio[0].index)


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    tone = write_clip(tmp_path / "tone.mp4", sound=np.sin(np.arange(16_000) / 10) / 2)
    cover = ffmpeg(tmp_path / "cover.png", "-f", "lavfi", "-i", "color=red:s=64x64", "-frames:v", "1")
    covered = ffmpeg(
        tmp_path / "song.mp4", "-i", str(tone), "-i", str(cover), "-map", "0", "-map", "1", "-c:a", "copy",
        "-c:v", "png", "-disposition:v:0", "attached_pic",
    )  # fmt: skip
    with open_container(covered) as container:
        assert len(container.streams.video) == 1
        assert video_stream(container) is None
        assert audio_stream(container) is not None


def test_a_clip_without_a_track_of_a_kind_has_none(tmp_path: Path) -> None:
    with open_container(write_clip(tmp_path / "silent.mp4", still([0, 0.1], noise()))) as container:
        assert audio_stream(container) is None


def test_the_clock_begins_where_a_player_shows_zero(tmp_path: Path) -> None:
    late = ffmpeg(tmp_path / "late.ts", "-i", str(DEMO), "-t", "1", "-c", "copy", "-output_ts_offset", "7")
    with open_container(late) as container:
        assert origin_of(container) == pytest.approx(8.4, abs=0.1)  # MPEG-TS begins 1.4 s in
    with open_container(DEMO) as container:
        assert origin_of(container) == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("script", ["ffconcat version 1.0\nfile secret.mp4\n", "#EXTM3U\n#EXTINF:1,\nsecret.mp4\n"])
def test_formats_that_name_other_files_are_not_opened(tmp_path: Path, script: str) -> None:
    (tmp_path / "list.mp4").write_text(script)
    with pytest.raises(Refused, match="not a video or audio file that can be read"):
        open_container(tmp_path / "list.mp4")


def test_no_more_tracks_than_the_limit_are_opened(tmp_path: Path) -> None:
    path = tmp_path / "many.mkv"
    with av.open(str(path), "w") as container:
        tracks = [container.add_stream("pcm_s16le", 8000, layout="mono") for _ in range(MAX_STREAMS + 1)]
        for track in tracks:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
            frame.sample_rate, frame.pts = 8000, 0
            container.mux(track.encode(frame))
    with open_container(path) as container:
        assert len(container.streams) == MAX_STREAMS


def test_a_cause_is_the_systems_own_words() -> None:
    assert cause(FileNotFoundError(2, "No such file or directory")) == "no such file or directory"
    assert cause(ValueError("Bad Box")) == "bad box"
    assert cause(ValueError()) == "valueerror"
