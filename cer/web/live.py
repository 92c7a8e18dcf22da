"""The live page's endpoint: frames and sound come in as raw samples, moments go out. Nothing is written to a disk.

POST live/TOKEN takes a piece of a camera's stream and answers with the latest moment; POST live/TOKEN/stop ends it and
keeps the observation until its visitor asks for it. A piece is raw on purpose: no parser of images or sound sees what
strangers send. Little-endian: float64 seconds of the frame, uint16 width and height (0 and 0 without a frame), the
frame as planar YUV 4:2:0, float64 seconds of the sound, int16 samples at 16 kHz to the end.
"""

import json
import logging
import re
import struct
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Condition, Lock, Thread, Timer
from typing import Any

import av
import numpy as np

from cer.live import EVERY, Live, live_clip
from cer.media.clip import SAMPLE_RATE, Frame, Sound
from cer.memory import release_memory
from cer.observation import Observation
from cer.results.analysis import Analysis
from cer.results.colors import EMOTION_COLORS
from cer.results.wording import with_certainty
from cer.web import player
from cer.web.watching import MAX_DURATION, PROFILE
from cer.words import language, say, speaking

MAX_SESSIONS = 2  # at once; two cores serve one well
MAX_PIECE = 2_000_000  # bytes
MAX_FRAME_SIDE = 640  # pixels
MAX_SOUND = 3.0  # seconds of sound in a piece
MAX_WAITING = 40  # frames and sounds; more come faster than they are worked off, and the oldest frames are let go
IDLE = 10.0  # seconds without a piece that end a session
MAX_LIFE = MAX_DURATION + 60  # seconds after which a session ends in any case
KEPT = 120.0  # seconds that an observation waits for its visitor
RELEASE_EVERY = 20.0  # seconds between two times that freed memory goes back to the system
LATE = 0.05  # seconds that a sound may begin before the last one has ended
HEAD, SOUND_HEAD = struct.Struct("<dHH"), struct.Struct("<d")
TOKEN = re.compile(r"[0-9a-f]{32}")


class Refused(Exception):
    """A request that is not served; its text says why."""


def piece_of(body: bytes) -> list[Frame | Sound]:
    """The frame and the sound in a piece, in order of time. Raises Refused when it is malformed."""
    if not HEAD.size <= len(body) <= MAX_PIECE:
        raise Refused("a piece has a wrong length")
    moment, width, height = HEAD.unpack_from(body)
    size = width * height * 3 // 2
    if max(width, height) > MAX_FRAME_SIDE or width % 2 or height % 2 or HEAD.size + size > len(body):
        raise Refused("a frame has a wrong size")
    items: list[Frame | Sound] = []
    rest = body[HEAD.size + size :]
    if len(rest) >= SOUND_HEAD.size:
        (start,) = SOUND_HEAD.unpack_from(rest)
        samples = np.frombuffer(rest[SOUND_HEAD.size : len(rest) - len(rest) % 2], "<i2")
        if len(samples) > MAX_SOUND * SAMPLE_RATE:
            raise Refused("a piece has too much sound")
        if len(samples):
            items.append(Sound(float(start), samples.astype(np.float32) / 32768))
    if size:
        planes = np.frombuffer(body, np.uint8, size, HEAD.size).reshape(height * 3 // 2, width)
        items.append(Frame(float(moment), av.VideoFrame.from_ndarray(planes, "yuv420p").to_ndarray(format="rgb24")))
    if not items or any(not item.time >= 0 for item in items):
        raise Refused("a piece is empty, or lies before the session")
    if any(item.time > MAX_DURATION for item in items):
        raise Refused(say("live.ended"))
    return items


def shown(analysis: Analysis) -> dict[str, Any]:
    """What the browser draws of a moment."""
    (segment,) = analysis.segments
    names = [name for name, _ in analysis.statement.emotions]
    return {
        "time": round(segment.end, 2),
        "says": with_certainty(analysis.statement),
        "color": EMOTION_COLORS[names[0]] if names else "",
        "table": player.table(analysis),
        "box": [round(float(value), 3) for value in analysis.boxes[-1]] if len(analysis.boxes) else None,
        "words": " ".join(sentence.text for sentence in analysis.transcript),
    }


@dataclass
class Session:
    """One visitor's stream, worked off in a thread of its own, in their language."""

    spoken: str = field(default_factory=language)
    began: float = field(default_factory=time.monotonic)
    moment: dict[str, Any] | None = None
    observation: Observation | None = None
    failed: bool = False
    _waiting: deque[Frame | Sound] = field(default_factory=deque)
    _news: Condition = field(default_factory=Condition)
    _ended: bool = False

    def start(self, concluded: Callable[[], None]) -> None:
        """Begin. concluded: called when there is nothing more to come."""
        Thread(target=self._run, args=[concluded], daemon=True, name="live").start()

    @property
    def over(self) -> bool:
        """Whether it takes no more pieces."""
        return self._ended or self.failed or self.observation is not None

    def add(self, items: list[Frame | Sound]) -> None:
        """Queue items; where too many wait, the oldest frames go. Raises Refused where even the sound is too much."""
        with self._news:
            self._waiting += items
            while len(self._waiting) > MAX_WAITING and (frames := [i for i in self._waiting if isinstance(i, Frame)]):
                self._waiting.remove(frames[0])
            if len(self._waiting) > 2 * MAX_WAITING:
                self._ended = True
            self._news.notify()
        if self._ended:
            raise Refused(say("live.ended"))

    def end(self) -> None:
        with self._news:
            self._ended = True
            self._news.notify()

    def _next(self) -> Frame | Sound | None:
        with self._news:
            while not self._waiting and not self._ended:
                if not self._news.wait(IDLE) and not self._waiting:
                    self._ended = True
            if time.monotonic() - self.began > MAX_LIFE:
                self._ended = True
                return None
            return self._waiting.popleft() if self._waiting else None

    def _run(self, concluded: Callable[[], None]) -> None:
        try:
            live, shown_at, latest, sound_until, released_at = Live(live_clip(), PROFILE), -EVERY, -1.0, 0.0, 0.0
            try:
                while (item := self._next()) is not None:
                    if item.time <= latest if isinstance(item, Frame) else item.time < sound_until - LATE:
                        continue  # times never go back
                    if isinstance(item, Frame):
                        latest = item.time
                    else:
                        sound_until = item.time + len(item.samples) / SAMPLE_RATE
                    live.feed(item)
                    if isinstance(item, Frame) and item.time - shown_at >= EVERY:
                        shown_at = item.time
                        with speaking(self.spoken):
                            self.moment = shown(live.moment())
                    if item.time - released_at >= RELEASE_EVERY:
                        released_at = item.time
                        release_memory()
                self.observation = live.finish()
            finally:
                live.close()
        except Exception as error:
            self.failed = True
            logging.getLogger(__name__).error("a live session failed: %s", type(error).__name__)
        release_memory()
        concluded()


class Sessions:
    """The live sessions of this process, by token."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[str, Session] = {}

    def piece(self, token: str, body: bytes, admit: Callable[[], None]) -> dict[str, Any]:
        """Take a piece and give the latest moment. The first piece of a token begins a session, if `admit` lets it."""
        items = piece_of(body)
        session = self._session(token, admit)
        if session.over:
            raise Refused(say("live.ended"))
        session.add(items)
        return {"moment": session.moment}

    def stop(self, token: str) -> None:
        """End a session; `take` gives what was observed once it is concluded."""
        with self._lock:
            session = self._running.get(token)
        if session is not None:
            session.end()

    def take(self, token: str) -> Observation | None:
        """What was observed in a session that was stopped, once; None before it is concluded, or when there is none.

        Raises:
            Refused: The session has failed, or does not exist.
        """
        with self._lock:
            session = self._running.get(token)
            if session is None or session.failed:
                self._running.pop(token, None)
                raise Refused("there is no such session")
            if session.observation is not None:
                del self._running[token]
            return session.observation

    def _session(self, token: str, admit: Callable[[], None]) -> Session:
        with self._lock:
            if token not in self._running:
                if sum(not session.over for session in self._running.values()) >= MAX_SESSIONS:
                    raise Refused(say("live.busy", sessions=MAX_SESSIONS))
                admit()
                self._running[token] = Session()
                self._running[token].start(lambda: self._expire(token))
            return self._running[token]

    def _expire(self, token: str) -> None:
        """Forget a session that is over, if its visitor does not ask for it in time."""
        timer = Timer(KEPT, lambda: self._running.pop(token, None))
        timer.daemon = True
        timer.start()


SESSIONS = Sessions()


def answer(path: str, body: bytes, admit: Callable[[], None]) -> tuple[int, bytes]:
    """Status and JSON of a POST to live/TOKEN or live/TOKEN/stop. admit: raises Refused for whoever asks too often."""
    token, _, action = path.partition("/")
    try:
        if not TOKEN.fullmatch(token) or action not in ("", "stop"):
            raise Refused("there is no such address")
        if action == "stop":
            SESSIONS.stop(token)
            return 200, b"{}"
        return 200, json.dumps(SESSIONS.piece(token, body, admit)).encode()
    except Refused as refused:
        return 400, json.dumps({"problem": str(refused)}).encode()
