"""How long frames go on while nothing was listened to yet."""

from collections.abc import Iterator
from threading import Event

import numpy as np

from cer.media.clip import Sound
from cer.perception.speech import Listener, Utterance
from cer.perception.speech_worker import MAX_UNHEARD, SpeechWorker

WAIT = 60.0  # seconds


class Slow(Listener):
    """Listens to the first sounds at once and to the others when it is told to."""

    def __init__(self, at_once: int) -> None:
        super().__init__()
        self.at_once, self.told, self.until = at_once, Event(), 0.0

    def feed(self, sound: Sound) -> Iterator[Utterance]:
        assert sound.time < self.at_once or self.told.wait(WAIT), "frames waited for words"
        self.until = sound.time
        return iter(())

    @property
    def processed_until(self) -> float:
        return self.until


def worker_with(listener: Listener, seconds: int) -> SpeechWorker:
    worker = SpeechWorker(None)
    worker._listener = listener
    for time in range(seconds):
        worker.submit(Sound(float(time), np.zeros(1, np.float32)))
    return worker


def test_nobody_waits_for_words_within_a_minute() -> None:
    listener = Slow(0)
    worker = worker_with(listener, int(MAX_UNHEARD))
    assert worker.completed() == []
    assert worker.processed_until == 0
    listener.told.set()
    assert worker.completed(all_of_it=True) == []
    assert worker.processed_until == MAX_UNHEARD - 1
    worker.close()


def test_after_a_minute_of_unheard_sound_frames_wait() -> None:
    listener = Slow(10)
    worker = worker_with(listener, int(MAX_UNHEARD) + 9)
    worker.completed()
    assert worker.processed_until >= 8
    listener.told.set()
    worker.close()
