"""The whole way, on real clips and with the shipped weights."""

from pathlib import Path

import numpy as np
import pytest

from cer.command_analyze import summary
from cer.errors import CerError, ClipError
from cer.labels import EMOTIONS, MODALITIES
from cer.media.clip import SAMPLE_RATE, Frame, Sound
from cer.media.reader import probe, stream
from cer.modalities import text
from cer.models import checkpoints
from cer.observation import Observation
from cer.perception import body, voice_encoder
from cer.pipeline import analyze, observe
from cer.results.analysis import Analysis
from cer.results.document import document as results_document
from cer.results.report import report
from cer.web.handlers import show
from tests.clips import DEMO, noise, still, write_clip


def sound_of(path: Path) -> np.ndarray:
    return np.concatenate([item.samples for item in stream(probe(path), 1) if isinstance(item, Sound)])


def pictures_of(path: Path, rate: float = 10) -> list[tuple[float, np.ndarray]]:
    return [(item.time, item.image) for item in stream(probe(path), rate) if isinstance(item, Frame)]


def test_all_six_modalities_see_the_bundled_clip(analysis: Analysis) -> None:
    assert all(analysis.predictions[name].present.all() for name in MODALITIES)
    assert analysis.label is not None
    np.testing.assert_allclose(analysis.fused.sum(1), 1, atol=1e-4)
    np.testing.assert_allclose(analysis.compound.sum(1), 1, atol=1e-4)


def test_the_smile_of_the_bundled_clip_is_seen(analysis: Analysis) -> None:
    assert analysis.basic is not None
    assert EMOTIONS[int(analysis.basic.argmax())] == "Happiness"


def test_a_clip_without_an_audio_track_loses_audio_and_text_with_the_reason(tmp_path: Path) -> None:
    result = analyze(write_clip(tmp_path / "mute.mp4", pictures_of(DEMO)))
    assert {name for name in MODALITIES if not result.predictions[name].present.any()} == {"audio", "text"}
    assert set(result.predictions["audio"].reasons) == {"no audio track"}
    assert result.label is not None


def test_silence_is_no_speech(tmp_path: Path) -> None:
    result = analyze(write_clip(tmp_path / "quiet.mp4", pictures_of(DEMO), np.zeros(10 * SAMPLE_RATE)))
    assert set(result.predictions["audio"].reasons) == set(result.predictions["text"].reasons) == {"no speech"}


def test_a_clip_without_a_face_keeps_voice_and_words(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "faceless.mp4", still(np.arange(0, 10, 0.2).tolist(), noise()), sound_of(DEMO))
    result = analyze(path)
    assert {name for name in MODALITIES if result.predictions[name].present.any()} == {"audio", "text"}
    assert set(result.predictions["static_face"].reasons) == {"no face"}
    assert result.label is not None
    assert result.people == []


def test_sound_alone_is_enough(tmp_path: Path) -> None:
    result = analyze(write_clip(tmp_path / "voice.m4a", sound=sound_of(DEMO)))
    assert result.predictions["text"].present.any()
    assert set(result.predictions["scene_context"].reasons) == {"no video track"}
    assert len(result.times) == len(result.timeline) > 40


def test_when_nothing_is_present_the_result_says_so_instead_of_guessing(tmp_path: Path) -> None:
    result = analyze(write_clip(tmp_path / "empty-room.mp4", still([0, 1, 2, 3], noise())))
    document = results_document(result)
    assert document["summary"]["label"] is None
    assert document["summary"]["sentence"].startswith("Not enough evidence: no face")
    assert {segment["label"] for segment in document["segments"]} == {None}


def test_times_follow_the_container_on_a_variable_frame_rate(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    shown = np.cumsum(rng.choice([0.02, 0.04, 0.09, 0.3], 60))
    source = dict(enumerate(image for _, image in pictures_of(DEMO)))
    path = write_clip(tmp_path / "vfr.mkv", [(float(t), source[i % len(source)]) for i, t in enumerate(shown)])
    result = analyze(path)
    offset = shown[0]  # a player shows the first picture at 0:00
    gaps = [np.abs(shown - offset - time).min() for time in result.times]
    assert max(gaps) < 0.002
    assert result.segments[-1].end == pytest.approx(shown[-1] - offset, abs=0.5)


def test_a_clip_cut_off_in_the_middle_is_as_long_as_what_is_left(tmp_path: Path) -> None:
    path = tmp_path / "half.mp4"
    path.write_bytes(DEMO.read_bytes()[: DEMO.stat().st_size // 2])
    result = analyze(path)
    assert 2 < result.clip.duration < 8
    assert result.segments[-1].end == pytest.approx(result.clip.duration)
    assert any("is said to be 10.1 s long; what can be decoded ends at" in text for text in result.warnings)
    assert results_document(result)["warnings"] == list(result.warnings)
    assert f"Note: {result.warnings[0]}." in summary(result, tmp_path)
    assert f"Note: {result.warnings[0]}." in show(result)[0]
    assert result.warnings[0] in report(result)
    assert result.label is not None


def test_people_can_be_chosen_and_strangers_are_refused(observed: Observation) -> None:
    assert observed.conclude(1).person == 1
    with pytest.raises(CerError, match="person 9"):
        observed.conclude(9)


@pytest.mark.parametrize(
    ("file", "name", "other"),
    [
        ("text.onnx", "text", "audio"),
        ("whisper_base.safetensors", "audio", "text"),
        ("movenet.onnx", "scene_context", "static_face"),
    ],
)
def test_a_damaged_model_costs_its_own_modality_only(
    file: str, name: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in checkpoints.SHIPPED.iterdir():
        content = bytearray(path.read_bytes())
        if path.name == file:
            content[1000] ^= 1
        (tmp_path / path.name).write_bytes(bytes(content))
    monkeypatch.setattr(checkpoints, "SHIPPED", tmp_path)
    caches = (checkpoints.locate, text._network, voice_encoder._encoder, body._network)
    for cache in caches:
        cache.cache_clear()
    result = analyze(DEMO)
    for cache in caches:
        cache.cache_clear()
    assert not result.predictions[name].present.any()
    assert all((reason or "").startswith(f"model not available: {file}") for reason in result.predictions[name].reasons)
    assert result.predictions[other].present.all()


def test_progress_never_goes_back_and_ends_at_one() -> None:
    fractions: list[float] = []
    observe(DEMO, progress=lambda stage, fraction: fractions.append(fraction))
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_an_exception_of_the_progress_ends_the_work() -> None:
    class Cancelled(Exception):
        pass

    def stop(stage: str, fraction: float) -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        observe(DEMO, progress=stop)


def test_a_clip_in_blocks_reads_like_its_parts(tmp_path: Path) -> None:
    """A clip longer than a block: the second half of the 80 s repeats the first, so its segments must too."""
    images, period = pictures_of(DEMO, 5), 10.0
    frames = [(time + period * turn, image) for turn in range(8) for time, image in images]
    result = analyze(write_clip(tmp_path / "loop.mp4", frames))
    assert len(result.segments) == 40
    np.testing.assert_allclose(result.fused[1:4], result.fused[26:29], atol=0.05)
    np.testing.assert_allclose(result.fused[16:19], result.fused[31:34], atol=0.05)


def test_what_is_missing_is_a_clip_error(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="no such file"):
        analyze(tmp_path / "nowhere.mp4")
    with pytest.raises(CerError, match="no profile"):
        analyze(DEMO, profile="quantum")
