"""What the decoder sends: a line of JSON, followed by as many bytes as its "bytes" says.

The decoder works on what strangers sent, and a clip that takes it over could send anything. So nothing in a message is
taken for granted: one that a sound decoder would not have sent is Malformed, and no other error comes out of here.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from cer.media.clip import MAX_DURATION, Frame, Sound
from cer.media.planes import MATRICES, Planes
from cer.names import printable

MAX_HEAD_BYTES = 4096  # of a message's first line
MAX_BODY_BYTES = 64 * 2**20
MAX_IMAGE_SIDE = 8192  # pixels
MAX_TEXT = 500  # characters of a warning or of a reason
MAX_TIME = 10 * MAX_DURATION  # seconds before or after zero
MAX_FRAME_RATE = 1e9  # frames a second that a header may claim
_SHOULD_BE = {"duration": float, "fps": float, "width": int, "height": int, "has_video": bool, "has_audio": bool}


class Malformed(ValueError):
    """A message that no sound decoder sends."""


@dataclass(frozen=True, slots=True)
class Message:
    """The head of a message, an object of JSON, and the bytes after it."""

    head: dict[str, Any]
    body: bytes = b""

    @property
    def refusal(self) -> str | None:
        """Why the decoder refused the clip, if it did."""
        return _text(self.head["refused"]) if "refused" in self.head else None

    @property
    def is_end(self) -> bool:
        return "end" in self.head


def send(pipe: IO[bytes], head: dict[str, Any], *body: np.ndarray) -> None:
    """Write a message whose bytes are those of contiguous arrays, one after the other; none is copied."""
    pipe.write(json.dumps({**head, "bytes": sum(array.nbytes for array in body)}).encode() + b"\n")
    for array in body:
        pipe.write(array.data)


def send_content(pipe: IO[bytes], content: Frame | Sound | str) -> None:
    """Write a frame, a sound or a warning as `content` reads it."""
    if isinstance(content, str):
        send(pipe, {"warning": content})
    elif isinstance(content, Sound):
        send(pipe, {"time": content.time, "sound": list(content.samples.shape)}, content.samples)
    else:
        head: dict[str, Any] = {"time": content.time, "image": list(content.image.shape)}
        if (larger := content.larger) is None:
            send(pipe, head, content.image)
        else:
            layout = [*larger.values.shape, larger.matrix, larger.turns]
            send(pipe, {**head, "larger": layout}, content.image, larger.values)


def receive(pipe: IO[bytes]) -> Iterator[Message]:
    """Messages up to the end of the pipe, or to the last of a decoder that came to its own end. Raises Malformed."""
    while line := pipe.readline(MAX_HEAD_BYTES):
        try:
            head = json.loads(line)
        except (ValueError, RecursionError):
            raise Malformed("the head of a message is not JSON") from None
        if not isinstance(head, dict):
            raise Malformed("the head of a message is not an object")
        size = _whole(head.get("bytes"), 0, MAX_BODY_BYTES)
        body = pipe.read(size)
        if len(body) != size:
            raise Malformed("a message is cut off")
        message = Message(head, body)
        yield message
        if message.is_end or message.refusal is not None:
            return


def first(received: Iterator[Message]) -> Message:
    """The first message. Raises Malformed when there is none."""
    for message in received:
        return message
    raise Malformed("nothing")


def clip_fields(message: Message) -> dict[str, Any]:
    """The fields of a `Clip` but its path, name and hash. Raises Malformed."""
    fields = message.head.get("clip")
    if not isinstance(fields, dict) or fields.keys() != {*_SHOULD_BE, "rotation"}:
        raise Malformed("no clip")
    for name, kind in _SHOULD_BE.items():
        if kind is bool and not isinstance(fields[name], bool):
            raise Malformed(f"{name} is neither true nor false")
        if kind is int:
            _whole(fields[name], 0, 2**31)
        if kind is float and _number(fields[name], MAX_FRAME_RATE) < 0:
            raise Malformed(f"{name} is negative")
    _whole(fields["rotation"], -360, 360)
    return fields


def content(message: Message) -> Frame | Sound | str:
    """A frame, sound, or a warning in words. Raises Malformed."""
    head, body = message.head, message.body
    if "warning" in head:
        return _text(head["warning"])
    time = _number(head.get("time"))
    if "image" not in head:
        if len(body) % 4 or head.get("sound") != [len(body) // 4]:
            raise Malformed("samples of another number than is said")
        samples = np.frombuffer(body, np.float32)
        if not np.isfinite(samples).all():
            raise Malformed("samples that are no numbers")
        return Sound(time, samples)
    shape, (rows, columns, matrix, turns) = _shape(head["image"]), _layout(head.get("larger", [0, 0, 0, 0]))
    size = math.prod(shape)
    if len(body) != size + rows * columns:
        raise Malformed("an image of another size than is said")
    image = np.frombuffer(body, np.uint8, size).reshape(shape)
    values = np.frombuffer(body, np.uint8, offset=size).reshape(rows, columns)
    return Frame(time, image, Planes(values, matrix, turns) if values.size else None)


def times(message: Message) -> NDArray[np.float64]:
    """Times of frames, seconds [T]. Raises Malformed."""
    if len(message.body) % 8:
        raise Malformed("times of another number than is said")
    seconds = np.frombuffer(message.body, np.float64)
    if not (np.abs(seconds) <= MAX_TIME).all():
        raise Malformed("times that are no numbers")
    return seconds


def sandbox(message: Message) -> tuple[str, ...]:
    """The names of what confines the decoder. Raises Malformed."""
    names = message.head.get("sandbox")
    if not isinstance(names, list):
        raise Malformed("no list of names")
    return tuple(_text(name) for name in names)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise Malformed("no text")
    return printable(value[:MAX_TEXT])


def _number(value: object, limit: float = MAX_TIME) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= limit:
        raise Malformed("no number, or one out of bounds")
    return float(value)


def _whole(value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Malformed("no whole number, or one out of bounds")
    return value


def _shape(value: object) -> Sequence[int]:
    if not isinstance(value, list) or len(value) != 3 or value[2] != 3:
        raise Malformed("no shape of an image")
    return [*(_whole(side, 1, MAX_IMAGE_SIDE) for side in value[:2]), 3]


def _layout(value: object) -> tuple[int, int, int, int]:
    """Rows and columns of the planes of a larger image, its matrix and turns."""
    if not isinstance(value, list) or len(value) != 4:
        raise Malformed("no layout of planes")
    rows, columns = _whole(value[0], 0, MAX_IMAGE_SIDE * 3 // 2), _whole(value[1], 0, MAX_IMAGE_SIDE)
    if rows % 3 or columns % 2:
        raise Malformed("planes that do not belong together")
    matrix = _whole(value[2], 0, max(MATRICES))
    if rows and matrix not in MATRICES:
        raise Malformed("colors that nobody knows")
    return rows, columns, matrix, _whole(value[3], 0, 3)
