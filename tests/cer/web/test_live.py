import json
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cer.live import Live
from cer.media.clip import Frame, Sound
from cer.web import live
from cer.web.closed import Closed
from cer.web.live import MAX_PIECE, Refused, Session, Sessions, answer, piece_of
from tests.apart import run

TOKEN = "0123456789abcdef" * 2


def piece(moment: float, width: int = 64, height: int = 48, sound: np.ndarray | None = None, luma: int = 128) -> bytes:
    frame = np.full(width * height * 3 // 2, 128, np.uint8)
    frame[: width * height] = luma
    body = struct.pack("<dHH", moment, width, height) + frame.tobytes()
    return body if sound is None else body + struct.pack("<d", moment) + sound.astype("<i2").tobytes()


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """Sessions whose threads do nothing."""
    monkeypatch.setattr(Session, "start", lambda session, concluded: None)
    sessions = Sessions()
    monkeypatch.setattr(live, "SESSIONS", sessions)
    return sessions


def nobody_refused() -> None:
    """Everybody may."""


def test_a_piece_holds_a_grey_frame_and_its_sound() -> None:
    sound, frame = piece_of(piece(1.5, sound=np.array([0, 16384, -32768])))
    assert isinstance(sound, Sound)
    assert isinstance(frame, Frame)
    assert (sound.time, frame.time) == (1.5, 1.5)
    np.testing.assert_allclose(sound.samples, [0, 0.5, -1])
    assert frame.image.shape == (48, 64, 3)
    assert abs(int(frame.image.mean()) - 130) <= 3  # 128 of 16 to 235


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"short",
        piece(1.0, 642, 480),
        piece(1.0, 63, 48),
        piece(1.0)[:-1],
        piece(float("nan")),
        piece(-1.0),
        piece(1e9),
        piece(1.0, 0, 0),  # nothing in it
        piece(1.0, sound=np.zeros(50_000)),
        bytes(MAX_PIECE + 1),
    ],
)
def test_a_malformed_piece_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        piece_of(body)


def test_more_visitors_than_the_machine_serves_are_told_so(fresh: Sessions) -> None:
    for number in range(live.MAX_SESSIONS):
        assert fresh.piece(f"{number:032x}", piece(0.0), nobody_refused) == {"moment": None}
    with pytest.raises(Refused, match="people are live"):
        fresh.piece(TOKEN, piece(0.0), nobody_refused)
    assert fresh.piece(f"{0:032x}", piece(0.2), nobody_refused) == {"moment": None}  # who was there goes on


def test_a_visitor_who_asks_too_often_begins_no_session(fresh: Sessions) -> None:
    def refused() -> None:
        raise Refused("too often")

    status, content = answer(TOKEN, piece(0.0), refused)
    assert (status, json.loads(content)) == (400, {"problem": "too often"})
    with pytest.raises(Refused, match="no such session"):
        fresh.take(TOKEN)


@pytest.mark.parametrize("path", ["", "../config", TOKEN + "/start", TOKEN.upper(), TOKEN[:-1]])
def test_no_other_address_is_served(fresh: Sessions, path: str) -> None:
    assert answer(path, piece(0.0), nobody_refused)[0] == 400


def test_where_pieces_come_too_fast_frames_are_let_go_and_no_sound_until_the_session_ends() -> None:
    session = Session()
    for index in range(60):
        session.add(piece_of(piece(0.2 * index, sound=np.zeros(3200))))
    kinds = [type(item) for item in session._waiting]
    assert kinds.count(Sound) == 60
    assert kinds.count(Frame) == 0
    for index in range(60, 80):
        session.add(piece_of(piece(0.2 * index, sound=np.zeros(3200))))
    with pytest.raises(Refused, match="has ended"):
        session.add(piece_of(piece(16.0, sound=np.zeros(3200))))
    assert len(session._waiting) <= 2 * live.MAX_WAITING + 2
    assert session.over


def test_a_session_without_pieces_ends_and_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "IDLE", 0.05)
    sessions = Sessions()
    sessions.piece(TOKEN, piece(0.0), nobody_refused)
    while sessions._running[TOKEN].observation is None:
        time.sleep(0.01)
    with pytest.raises(Refused, match="has ended"):
        sessions.piece(TOKEN, piece(0.2), nobody_refused)


def test_what_nobody_asks_for_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "IDLE", 0.05)
    monkeypatch.setattr(live, "KEPT", 0.1)
    sessions = Sessions()
    sessions.piece(TOKEN, piece(0.0), nobody_refused)
    while sessions._running:
        time.sleep(0.01)


def test_a_sound_that_comes_twice_is_heard_once(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[float] = []
    feed = Live.feed

    def noted(into: Any, item: Frame | Sound) -> None:
        if isinstance(item, Sound):
            times.append(item.time)
        feed(into, item)

    monkeypatch.setattr(Live, "feed", noted)
    session = Session()
    for moment in (0.0, 0.2, 0.0, 0.2, 0.4):
        session.add(piece_of(piece(moment, sound=np.zeros(3200))))
    session.end()
    ended: list[bool] = []
    session._run(lambda: ended.append(True))
    assert times == [0.0, 0.2, 0.4]
    assert ended == [True]


def test_a_session_becomes_an_observation_of_everything_and_is_given_once() -> None:
    sessions = Sessions()
    for index in range(15):
        sessions.piece(TOKEN, piece(0.2 * index, luma=40 + 10 * index), nobody_refused)
    sessions.stop(TOKEN)
    session = sessions._running[TOKEN]
    while session.observation is None and not session.failed:
        time.sleep(0.01)
    observed = sessions.take(TOKEN)
    assert observed is not None
    assert len(observed.times) == 15
    assert observed.conclude().statement.state == "unclear"
    with pytest.raises(Refused, match="no such session"):
        sessions.take(TOKEN)


def test_a_moment_is_drawn_from_words_a_table_and_a_box(analysis: Any) -> None:
    from cer.live import observe_stream
    from cer.media.reader import probe, stream
    from tests.clips import DEMO

    clip = probe(DEMO)

    def two_seconds() -> Iterator[Frame | Sound]:
        for item in stream(clip, 5.0):
            if item.time > 2:
                return
            yield item

    *moments, _ = observe_stream(two_seconds(), clip=clip)
    drawn = live.shown(moments[-1])
    assert json.loads(json.dumps(drawn)) == drawn
    assert 'class="now"' in drawn["table"]
    assert len(drawn["box"]) == 5
    assert "happiness" in drawn["says"].lower()


def status_of(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> int:
    """The status of a request to the middleware."""
    statuses: list[int] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        statuses.append(-1)  # Gradio's turn

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 7860),
        "scheme": "http",
    }
    run(Closed(application)(scope, receive, send))
    return statuses[0]


def test_another_sites_page_cannot_send_a_piece(fresh: Sessions) -> None:
    assert status_of("POST", f"/live/{TOKEN}", {}, piece(0.0)) == 403
    assert status_of("GET", f"/live/{TOKEN}", {"x-cer-live": "1"}) == 403
    elsewhere = {"x-cer-live": "1", "origin": "https://evil.example", "host": "127.0.0.1:7860"}
    assert status_of("POST", f"/live/{TOKEN}", elsewhere, piece(0.0)) == 403
    here = {"x-cer-live": "1", "origin": "http://127.0.0.1:7860", "host": "127.0.0.1:7860"}
    assert status_of("POST", f"/live/{TOKEN}", here, piece(0.0)) == 200
    assert status_of("POST", f"/live/{TOKEN}", {"x-cer-live": "1"}, piece(0.0)) == 200
    assert status_of("POST", f"/a/space/live/{TOKEN}", {"x-cer-live": "1"}, piece(0.2)) == 200  # behind a proxy's path
    assert status_of("POST", f"/live/{TOKEN}", {"x-cer-live": "1"}, bytes(MAX_PIECE + 100)) == 400
    assert status_of("GET", "/", {}) == -1
    assert status_of("GET", f"/gradio_api/file=/srv/live/{TOKEN}/clip.mp4", {}) == -1


def test_nothing_of_a_live_session_is_written_to_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    test_a_session_becomes_an_observation_of_everything_and_is_given_once()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
