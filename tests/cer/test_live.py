"""Live: the same material as frames and sound that come, and as a file."""

from collections.abc import Iterator
from threading import enumerate as threads

import numpy as np
import pytest

from cer.live import EVERY, MOMENT, Live, live_clip, observe_stream
from cer.media.clip import MAX_DETAIL_SIDE, Frame, Sound
from cer.media.reader import probe, stream
from cer.perception.evidence import BLOCK, FRAME_RATE
from cer.results.analysis import Analysis
from cer.results.document import document
from tests.clips import DEMO, noise


@pytest.fixture(scope="module")
def analyses() -> list[Analysis]:
    """The bundled clip, live."""
    clip = probe(DEMO)
    return list(observe_stream(stream(clip, FRAME_RATE, detail=MAX_DETAIL_SIDE), clip=clip))


def test_what_was_live_is_at_the_end_what_a_file_would_be(analyses: list[Analysis], analysis: Analysis) -> None:
    live, file = document(analyses[-1]), document(analysis)
    for written in (live, file):
        written["timings"] = written["clip"] = None
    assert live == file


def test_each_moment_is_about_the_last_seconds_and_names_what_is_shown(analyses: list[Analysis]) -> None:
    moments = analyses[:-1]
    assert 10 / 0.6 - 1 <= len(moments) <= 10 / EVERY + 2  # frames are 0.2 s apart
    for moment in moments:
        (segment,) = moment.segments
        assert segment.start <= moment.times[0] + 1e-6
        assert moment.times[-1] < segment.end
        assert segment.end - segment.start <= MOMENT + 0.01
    ends = [moment.segments[0].end for moment in moments]
    assert max(np.diff(ends)) < 1.1
    assert [moment.statement.emotions[0][0] for moment in moments[2:] if moment.statement.emotions].count(
        "Happiness"
    ) > 0.7 * len(moments[2:])
    assert all(len(moment.boxes) for moment in moments[1:])  # the first may know a sound only


def endless(seconds: float) -> Iterator[Frame | Sound]:
    """Frames without a face, and silence."""
    image = noise()
    for index in range(int(seconds * FRAME_RATE)):
        yield Frame(index / FRAME_RATE, image)
        yield Sound(index / FRAME_RATE, np.zeros(3200, np.float32))


def test_memory_is_that_of_one_block_however_long_it_goes_on() -> None:
    live = Live(live_clip())
    try:
        counts = []
        for item in endless(4 * BLOCK):
            live.feed(item)
            counts.append(len(live._collector.cues))
        assert max(counts) < 2 * (BLOCK + 10) * FRAME_RATE
        assert len(live._hearing._sounds) < 40
        assert live.finish().segments[-1].end == pytest.approx(4 * BLOCK, abs=0.5)
    finally:
        live.close()


def test_of_a_fast_camera_five_frames_a_second_are_used() -> None:
    live = Live(live_clip())
    try:
        for index in range(90):
            live.feed(Frame(index / 30, noise()))
        assert len(live._collector.cues) == pytest.approx(15, abs=1)
    finally:
        live.close()


def test_half_a_second_is_long_enough() -> None:
    *_, last = observe_stream([Frame(0.0, noise()), Frame(0.2, noise())])
    assert last.clip.duration == pytest.approx(0.4)


def test_no_thread_listens_on_after_the_end() -> None:
    for _ in observe_stream(endless(1.0)):
        pass
    assert not [thread for thread in threads() if thread.name.startswith(("hearing", "listening"))]
