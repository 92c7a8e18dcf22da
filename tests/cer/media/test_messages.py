import io
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cer.errors import ClipError
from cer.media import messages, reader
from cer.media.clip import Frame, Sound
from cer.media.messages import (
    Malformed,
    Message,
    clip_fields,
    content,
    first,
    receive,
    sandbox,
    send,
    send_content,
    times,
)
from cer.media.planes import Planes
from tests.clips import DEMO

CLIP = {"duration": 2.0, "fps": 25.0, "width": 64, "height": 48, "has_video": True, "has_audio": False, "rotation": 90}


def written(head: dict[str, object], body: bytes = b"") -> bytes:
    pipe = io.BytesIO()
    send(pipe, head, np.frombuffer(body, np.uint8))
    return pipe.getvalue()


def test_what_is_sent_is_received_up_to_the_end() -> None:
    pipe = io.BytesIO(written({"time": 1.5}, b"\n{}") + written({"end": True}) + b"nothing that is looked at")
    received = list(receive(pipe))
    assert [(message.head["bytes"], message.body, message.is_end) for message in received] == [
        (3, b"\n{}", False),
        (0, b"", True),
    ]


def test_a_refusal_is_the_last_message_and_holds_no_escape_codes() -> None:
    [message] = receive(io.BytesIO(written({"refused": "bad \x1b[31m file"}) + written({"end": True})))
    assert message.refusal == "bad \ufffd[31m file"


@pytest.mark.parametrize(
    "sent",
    [
        b"no JSON\n",
        b"[1]\n",
        b"1\n",
        b'{"time": 1}\n',
        b'{"bytes": -1}\n',
        b'{"bytes": 1e999}\n',
        b'{"bytes": "3"}\nabc',
        b'{"bytes": true}\na',
        b'{"bytes": 3}\nab',
        b'{"bytes": 99999999999}\n',
        b"[" * 4000 + b"\n",
        b"\xff\n",
    ],
)
def test_malformed_messages_are_refused(sent: bytes) -> None:
    with pytest.raises(Malformed):
        list(receive(io.BytesIO(sent)))


def test_frames_sounds_and_warnings_are_read_as_they_were_sent() -> None:
    image, values = np.arange(24, dtype=np.uint8).reshape(2, 4, 3), np.arange(48, dtype=np.uint8).reshape(6, 8)
    pipe = io.BytesIO()
    alone, larger = Frame(0.5, image), Frame(0.7, image, Planes(values, 1, 3))
    sound = Sound(0.6, np.array([0.5, -0.5], np.float32))
    for item in (alone, larger, sound, "half of it is lost"):
        send_content(pipe, item)
    pipe.seek(0)
    first, second, third, warning = map(content, receive(pipe))
    assert isinstance(first, Frame)
    assert isinstance(second, Frame)
    assert isinstance(third, Sound)
    assert (first.time, second.time, third.time, warning) == (0.5, 0.7, 0.6, "half of it is lost")
    for frame in (first, second):
        np.testing.assert_array_equal(frame.image, image)
    assert first.larger is None
    assert first.detail() is first.image
    assert second.larger is not None
    assert (second.larger.matrix, second.larger.turns) == (1, 3)
    np.testing.assert_array_equal(second.larger.values, values)
    np.testing.assert_array_equal(third.samples, sound.samples)


def test_times_and_names() -> None:
    np.testing.assert_array_equal(times(Message({"times": 2}, np.array([0.0, 0.04]).tobytes())), [0, 0.04])
    assert sandbox(Message({"sandbox": ["landlock"]})) == ("landlock",)
    assert clip_fields(Message({"clip": CLIP})) == CLIP


@pytest.mark.parametrize(
    ("head", "body"),
    [
        ({"image": [1, 1, 3]}, bytes(3)),
        ({"time": math.nan, "image": [1, 1, 3]}, bytes(3)),
        ({"time": "1", "image": [1, 1, 3]}, bytes(3)),
        ({"time": 0, "image": [1, 1, 3]}, bytes(4)),
        ({"time": 0, "image": [-1, -1, 3]}, bytes(3)),
        ({"time": 0, "image": [1, 3]}, bytes(3)),
        ({"time": 0, "image": [1, 1, 3], "larger": [3, 2, 1]}, bytes(9)),
        ({"time": 0, "image": [1, 1, 3], "larger": [3, 2, 1, 4]}, bytes(9)),
        ({"time": 0, "image": [1, 1, 3], "larger": [3, 2, 99, 0]}, bytes(9)),
        ({"time": 0, "image": [1, 1, 3], "larger": [3, 2, 8, 0]}, bytes(9)),
        ({"time": 0, "image": [1, 1, 3], "larger": [2, 2, 1, 0]}, bytes(7)),
        ({"time": 0, "image": [1, 1, 3], "larger": [3, 1, 1, 0]}, bytes(6)),
        ({"time": 0, "image": [1, 1, 3], "larger": [3, 2, 1, 0]}, bytes(8)),
        ({"time": 0, "image": [1, 1, 3], "larger": [-3, -2, 1, 0]}, bytes(9)),
        ({"time": 0, "image": [2**40, 2**40, 3]}, bytes(3)),
        ({"time": 0, "sound": [1]}, bytes(3)),
        ({"time": 0, "sound": [2]}, bytes(4)),
        ({"time": 0, "sound": [1]}, np.array([np.nan], np.float32).tobytes()),
        ({"warning": ["no", "text"]}, b""),
    ],
)
def test_content_that_no_decoder_sends_is_malformed(head: dict[str, object], body: bytes) -> None:
    with pytest.raises(Malformed):
        content(Message(head, body))


@pytest.mark.parametrize(
    "change",
    [
        {"fps": math.inf},
        {"fps": -1.0},
        {"width": 1.5},
        {"height": -1},
        {"has_audio": 1},
        {"rotation": 1e9},
        {"more": 1},
    ],
)
def test_a_clip_with_odd_fields_is_malformed(change: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        clip_fields(Message({"clip": CLIP | change}))


def test_times_and_names_that_are_none_are_malformed() -> None:
    for body in (bytes(7), np.array([np.inf]).tobytes()):
        with pytest.raises(Malformed):
            times(Message({"times": 1}, body))
    with pytest.raises(Malformed):
        sandbox(Message({"sandbox": "all"}))
    with pytest.raises(Malformed, match="nothing"):
        first(iter(()))


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=6,
)
names = st.sampled_from(["time", "image", "larger", "sound", "warning", "clip", "times", "sandbox", "refused", "end"])


@settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(names, values, max_size=4), st.binary(max_size=40))
def test_whatever_a_decoder_sends_is_content_or_malformed(head: dict[str, object], body: bytes) -> None:
    try:
        [message] = receive(io.BytesIO(json.dumps({**head, "bytes": len(body)}).encode() + b"\n" + body))
    except Malformed:
        return
    for part in (content, times, clip_fields, sandbox):
        try:
            part(message)
        except Malformed:
            continue


def test_a_decoder_that_was_taken_over_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lie = json.dumps({"clip": {**CLIP, "width": "wide"}, "bytes": 0})
    (tmp_path / "python").write_text(f"#!/bin/sh\necho '{lie}'\n")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ClipError, match=r"demo\.mp4: the decoder sent what it should not"):
        reader.probe(DEMO)


def test_a_body_may_not_be_larger_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MAX_BODY_BYTES", 2)
    with pytest.raises(Malformed):
        list(receive(io.BytesIO(written({"time": 0}, bytes(3)))))
