import wave
from pathlib import Path
from threading import Event
from threading import enumerate as enumerate_threads

import numpy as np
import pytest

from cer.errors import WeightsError
from cer.media.clip import SAMPLE_RATE
from cer.media.reader import probe
from cer.perception.evidence import BLOCK, Evidence
from cer.perception.gathering import gather
from cer.perception.posture import signs
from cer.perception.speech_worker import SpeechWorker
from cer.perception.transcription import Sentence
from cer.pipeline import observe
from cer.results.report import report
from cer.segments import WINDOW, Segment
from tests.clips import DEMO, noise, still, write_clip

WAIT = 600  # seconds after which a thread that hangs fails the test; no result depends on it


def blocks(path: Path) -> list[Evidence]:
    return list(gather(probe(path), lambda stage, fraction: None))


def test_the_bundled_clip_shows_one_person_who_speaks() -> None:
    (block,) = blocks(DEMO)
    assert {sighting.person for sighting in block.sightings} == {1}
    assert len(block.sightings) == len(block.expressions) == len(block.cues) == 50
    assert sum(end - start for start, end, _ in block.speech()) > 4


def test_bodies_are_looked_for_once_a_second_where_they_are_asked_for() -> None:
    (block,) = gather(probe(DEMO), lambda stage, fraction: None, find_bodies=True)
    times = [sighting.time for sighting in block.sightings if sighting.joints is not None]
    assert times == pytest.approx(np.arange(10), abs=0.2)
    assert all(sighting.joints is None for sighting in blocks(DEMO)[0].sightings)
    # The portrait ends at the shoulders: nothing is made up about them.
    assert signs(block.sightings, block.cues) <= {"still", "moves quickly"}


def test_a_segment_holds_only_its_own_time() -> None:
    (block,) = blocks(DEMO)
    part = block.segment(Segment(2, 6))
    assert all(2 <= cue.time < 6 for cue in part.cues)
    assert all(2 <= sighting.time < 6 for sighting in part.sightings)
    assert len(part.expressions) == len(part.sightings) == 20
    assert all(2 <= start < end <= 6 for start, end, _ in part.speech())
    assert part.person(7)[0] == []


def test_a_long_clip_comes_in_blocks_that_overlap_by_a_window(tmp_path: Path) -> None:
    length = 2.5 * BLOCK
    path = write_clip(
        tmp_path / "long.mp4", still(np.arange(0, length, 0.5).tolist(), noise()), np.zeros(int(length * SAMPLE_RATE))
    )
    result = blocks(path)
    assert [b.start for b in result] == [0, BLOCK, 2 * BLOCK]
    assert [b.end for b in result[:-1]] == [BLOCK + WINDOW, 2 * BLOCK + WINDOW]
    assert result[-1].end == pytest.approx(length, abs=0.6)
    for block in result:
        assert block.cues[0].time == pytest.approx(block.start, abs=0.5)
        assert block.cues[-1].time == pytest.approx(block.end, abs=1.1)


def test_what_fails_in_the_listening_thread_fails_here_and_the_thread_ends() -> None:
    def deaf(samples: np.ndarray, start: float) -> tuple[Sentence, ...]:
        raise RuntimeError("no words")

    with pytest.raises(RuntimeError, match="no words"):
        list(gather(probe(DEMO), lambda stage, fraction: None, transcriber=deaf))
    assert not [thread for thread in enumerate_threads() if thread.name.startswith("listening")]


def test_weights_that_cannot_be_had_cost_the_words_and_not_the_voice() -> None:
    def without_weights(samples: np.ndarray, start: float) -> tuple[Sentence, ...]:
        raise WeightsError("no such file")

    (block,) = gather(probe(DEMO), lambda stage, fraction: None, transcriber=without_weights)
    assert block.utterances
    assert all(not utterance.sentences and len(utterance.rows) for utterance in block.utterances)


def test_words_do_not_depend_on_how_fast_they_are_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slowest there is: no words before all frames are there."""
    finished = Event()
    end = SpeechWorker.end

    def last(worker: SpeechWorker) -> None:
        finished.set()
        end(worker)

    monkeypatch.setattr(SpeechWorker, "end", last)

    def slow(samples: np.ndarray, start: float) -> tuple[Sentence, ...]:
        assert finished.wait(WAIT)
        return (Sentence(start, start + 1, "slow", 1.0),)

    (block,) = gather(probe(DEMO), lambda stage, fraction: None, transcriber=slow)
    (usual,) = blocks(DEMO)
    assert [(utterance.start, utterance.end) for utterance in block.utterances] == [
        (utterance.start, utterance.end) for utterance in usual.utterances
    ]
    assert all(utterance.sentences[0].text == "slow" for utterance in block.utterances)


def test_a_picture_that_ends_long_before_the_sound_loses_nothing_of_the_sound(tmp_path: Path) -> None:
    length = 4.2 * BLOCK
    sound = np.zeros(int(length * SAMPLE_RATE))
    path = write_clip(tmp_path / "short-picture.mp4", still([0, 0.5, 1.0, 1.5], noise()), sound)
    done = [0.0]
    arrivals = [(block.start, done[-1]) for block in gather(probe(path), lambda stage, share: done.append(share))]
    assert [start for start, _ in arrivals] == [0, BLOCK, 2 * BLOCK, 3 * BLOCK, 4 * BLOCK]
    assert arrivals[0][1] == pytest.approx((3 * BLOCK + WINDOW) / length, abs=0.02)  # not all is kept until the end
    assert observe(path).segments[-1].end == pytest.approx(length, abs=0.5)


def test_a_sound_of_one_piece_ends_where_the_piece_does(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "click.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(bytes(2 * SAMPLE_RATE // 20))
    observed = observe(tmp_path / "click.wav")
    assert observed.clip.duration == pytest.approx(0.05)
    assert [segment.end for segment in observed.segments] == pytest.approx([0.05])
    assert "no video track" in report(observed.conclude())


def test_a_new_shot_is_told_once_and_with_its_time(tmp_path: Path) -> None:
    dark, bright = np.full((120, 160, 3), 20, np.uint8), np.full((120, 160, 3), 230, np.uint8)
    frames = [(0.2 * i, dark if i < 10 else bright) for i in range(20)]
    assert observe(write_clip(tmp_path / "cut.mp4", frames)).cuts == [pytest.approx(2.0, abs=0.02)]
    assert observe(write_clip(tmp_path / "none.mp4", frames[:10])).cuts == []


def test_light_and_motion_are_measured(tmp_path: Path) -> None:
    dark, bright = np.full((120, 160, 3), 20, np.uint8), np.full((120, 160, 3), 230, np.uint8)
    (block,) = blocks(write_clip(tmp_path / "held.mp4", still([0, 0.2, 0.4, 0.6], dark)))
    (blinking,) = blocks(write_clip(tmp_path / "blink.mp4", [(0.2 * i, (dark, bright)[i % 2]) for i in range(4)]))
    assert max(cue.brightness for cue in block.cues) < 0.12
    assert max(cue.motion for cue in block.cues) < 0.02
    assert blinking.cues[1].motion > 0.5
