from pathlib import Path

import av
import numpy as np
import pytest

from cer.errors import ClipError
from cer.media.clip import SAMPLE_RATE, Frame
from cer.media.reader import probe, stream
from cer.media.writer import write_preview, write_video
from cer.results.analysis import Analysis
from cer.results.overlay import annotate
from tests.clips import ffmpeg, noise, still, write_clip


def test_the_annotated_clip_plays_in_browsers_and_keeps_its_sound_and_length(
    analysis: Analysis, tmp_path: Path
) -> None:
    path = tmp_path / "annotated.mp4"
    annotate(analysis, path)
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert container.streams.audio[0].codec_context.name == "aac"
    assert abs(probe(path).duration - analysis.clip.duration) < 0.2
    first = next(item for item in stream(probe(path), 1) if isinstance(item, Frame))
    assert first.image[:14, :6].mean() < 40  # the label's black ground


def test_a_preview_of_a_recording_that_names_no_length_is_as_long_as_it_is(tmp_path: Path) -> None:
    made = write_clip(tmp_path / "made.mkv", still(np.arange(0, 3, 0.1).tolist(), noise()), np.zeros(3 * 16_000))
    broken_off = ffmpeg(tmp_path / "live.mkv", "-i", str(made), "-c", "copy", "-live", "1")
    clip = probe(broken_off)
    assert clip.duration == 0
    write_preview(clip, tmp_path / "preview.mp4")
    assert probe(tmp_path / "preview.mp4").duration == pytest.approx(3, abs=0.2)
    with pytest.raises(ClipError, match="longer than 0 minutes"):
        write_preview(clip, tmp_path / "none.mp4", max_duration=2.0)
    assert not (tmp_path / "none.mp4").exists()


def test_a_variable_frame_rate_and_odd_sides_are_evened_out(tmp_path: Path) -> None:
    levels = {0.0: 30, 0.5: 90, 0.6: 150, 1.9: 210}
    images = [(time, np.full((64, 64, 3), level, np.uint8)) for time, level in levels.items()]
    tone = np.sin(np.arange(2 * SAMPLE_RATE) * 0.2).astype(np.float32) * 0.3
    source = write_clip(tmp_path / "vfr.mkv", images, tone)
    write_video(probe(source), tmp_path / "even.mp4", lambda width, height: lambda time, image: image)
    shown = {
        round(f.time, 1): float(f.image.mean())
        for f in stream(probe(tmp_path / "even.mp4"), 10)
        if isinstance(f, Frame)
    }
    assert abs(shown[0.3] - 30) < 6
    assert abs(shown[1.2] - 150) < 6
