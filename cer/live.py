"""Live: frames and sound as they come, and what they show from moment to moment.

A moment is the last MOMENT seconds. What was fed is observed on the side as a file would be, block by block, so that
the end is an ordinary Observation, and memory is that of one block however long it goes on.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from cer.media.clip import Clip, Frame, Sound
from cer.modalities.registry import DEFAULT
from cer.observation import Observation
from cer.perception.evidence import FRAME_RATE
from cer.perception.gathering import Collector
from cer.perception.language import LanguageDetector
from cer.perception.speech import Listener, Utterance
from cer.perception.transcription import Transcriber
from cer.pipeline import add_block, add_segments, limits, needs_of, prepared, transcriber_of
from cer.progress import silent
from cer.results.analysis import Analysis
from cer.segments import Segment

MOMENT = 2.0  # seconds that a moment is about: half a window, so that a change shows soon
HEARD = 6.0  # seconds of sound that words are looked for in
EARLY = 0.45 / FRAME_RATE  # seconds before its turn that a frame is taken: neither cameras nor files keep time
EVERY = 0.5  # seconds of material between two moments


def live_clip(name: str = "live", *, has_video: bool = True, has_audio: bool = True) -> Clip:
    """A clip whose length and size nobody knows yet."""
    return Clip(Path(name), name, 0.0, FRAME_RATE, 0, 0, has_video, has_audio, 0)


class Live:
    """What is fed, frame by frame and sound by sound, in order of time. One thread feeds it.

    Args:
        clip: what is known about the material beforehand.
        profile: as in `observe`.
    """

    def __init__(self, clip: Clip, profile: str = DEFAULT) -> None:
        self._observed, self._serving = prepared(clip, profile, silent)
        transcriber = transcriber_of(self._observed, self._serving)
        self._collector = Collector(clip, transcriber, **needs_of(self._observed, self._serving))
        self._hearing = _Hearing(transcriber)
        self._due = 0.0  # seconds; when the next frame is to be used

    def feed(self, item: Frame | Sound) -> None:
        """Take the next frame or sound; now and then a block of 40 s is finished in it. Of a camera's frames FRAME_RATE
        a second are used.
        """
        if isinstance(item, Sound):
            self._hearing.add(item)
        elif item.time < self._due - EARLY:
            return
        else:
            self._due = max(self._due, item.time - 1 / FRAME_RATE) + 1 / FRAME_RATE
        for block in self._collector.feed(item):
            add_block(self._observed, block, self._serving, silent)

    def moment(self) -> Analysis:
        """The analysis of the last MOMENT seconds, of whoever was in view longest in them."""
        end = self._collector.until + 1e-6
        start = max(0.0, end - MOMENT)
        part = replace(
            self._observed,
            segments=[],
            blocks=[],
            speakers=[],
            times=[],
            people={},
            boxes={},
            changes={},
            transcript=[],
            events=[],
            cuts=[],
            utterances=[],
            timings={},
            warnings=[],
            clip=replace(self._observed.clip, duration=end),
        )
        evidence = self._collector.recent(start, end, self._hearing.utterances())
        add_segments(part, evidence, [Segment(start, end)], self._serving)
        return part.conclude()

    def finish(self) -> Observation:
        """Everything that was fed, observed as a file would be."""
        for block in self._collector.finish():
            add_block(self._observed, block, self._serving, silent)
            self._observed.clip = replace(self._observed.clip, duration=block.end)
        self._observed.warnings += limits(self._observed, self._serving)
        return self._observed.numbered()

    def close(self) -> None:
        """End the threads that listen."""
        self._collector.close()
        self._hearing.close()


def observe_stream(
    items: Iterable[Frame | Sound], *, clip: Clip | None = None, profile: str = DEFAULT, every: float = EVERY
) -> Iterator[Analysis]:
    """Analyze frames and sound while they come.

    Args:
        items: Frames and sounds in order of time, such as `cer.media.reader.stream` gives, or a camera's.
        clip: What is known about the material; without it, that it has frames and sound.
        profile: As in `observe`.
        every: Seconds of material between two moments.

    Yields:
        The analysis of the last 2 s each time, and at the end that of all: the same as of a file of this material.
    """
    latest = -every
    with closing(Live(clip or live_clip(), profile)) as live:
        for item in items:
            live.feed(item)
            if item.time - latest >= every:
                latest = item.time
                yield live.moment()
        yield live.finish().conclude()


class _Hearing:
    """The last seconds of sound, listened to again and again in a thread of its own: words come early, not at once."""

    def __init__(self, transcriber: Transcriber | None) -> None:
        self._transcriber, self._detector = transcriber, LanguageDetector()
        self._thread = ThreadPoolExecutor(1, "hearing")
        self._sounds: list[Sound] = []
        self._latest: list[Utterance] = []
        self._work: Future[list[Utterance]] | None = None
        self._judged_until = 0.0  # seconds; of the sound whose language was judged

    def add(self, sound: Sound) -> None:
        self._sounds.append(sound)
        self._sounds = [earlier for earlier in self._sounds if earlier.time > sound.time - HEARD]

    def utterances(self) -> list[Utterance]:
        """What is known by now; listening goes on with what was added since."""
        if self._work is not None and self._work.done():
            self._latest = self._work.result()
            self._work = None
        if self._work is None and self._sounds:
            self._work = self._thread.submit(self._listen, list(self._sounds))
        return self._latest

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)

    def _listen(self, sounds: list[Sound]) -> list[Utterance]:
        if self._detector.settled and self._detector.language is None:
            self._detector = LanguageDetector()  # live there is always more to judge by
        unjudged = not self._detector.judged or sounds[0].time >= self._judged_until
        listener = Listener(self._transcriber, self._detector, identify=unjudged)
        utterances = [utterance for sound in sounds for utterance in listener.feed(sound)]
        utterances += listener.finish()
        if unjudged:
            self._judged_until = sounds[-1].time
        return utterances
