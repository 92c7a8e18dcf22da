"""What Gradio serves and this page does not, what this page serves besides, and what every answer says to browsers."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from gradio import Error
from starlette.requests import Request

from cer.web.live import MAX_PIECE, TOKEN, Refused, answer
from cer.web.page import HEADERS
from cer.web.rate import LIMIT, visitor_of
from cer.words import language_of, speaking

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

LIVE = re.compile(rf".*/live/({TOKEN.pattern}(?:/stop)?)")  # and no file whose folder is called live
CLOSED = ("/process_recording",)  # runs the server's own FFmpeg on whatever is sent, outside the decoder's limits


class Closed:
    """ASGI middleware that knows nothing of the paths in CLOSED, serves the live endpoint, and adds HEADERS to every
    answer.
    """

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/").endswith(CLOSED):
            await _send_with_headers(send, {"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        elif scope["type"] == "http" and (address := LIVE.fullmatch(scope["path"])):
            await _live(Request(scope, receive), address[1], partial(_send_with_headers, send))
        else:
            await self.app(scope, receive, partial(_send_with_headers, send))


async def _live(request: Request, path: str, send: Callable[[Message], Awaitable[None]]) -> None:
    """A piece of a live session; from pages of this host only, whatever Gradio allows other sites."""
    origin = urlsplit(request.headers.get("origin", "")).netloc
    hosts = {"", request.headers.get("host"), request.headers.get("x-forwarded-host")}
    allowed = request.method == "POST" and request.headers.get("x-cer-live") == "1" and origin in hosts
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if not allowed or len(body) > MAX_PIECE:
            break

    def admit() -> None:
        try:
            LIMIT.admit(visitor_of(request))  # type: ignore[arg-type]  # Gradio's request is this one, wrapped
        except Error as error:
            raise Refused(str(error.message)) from error

    with speaking(language_of(request.headers.get("accept-language"))):
        status, content = answer(path, bytes(body), admit) if allowed else (403, b"{}")
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _send_with_headers(send: Callable[[Message], Awaitable[None]], message: Message) -> None:
    if message["type"] == "http.response.start":
        ours = [(name.encode(), value.encode()) for name, value in HEADERS]
        names = {name for name, _ in ours}
        theirs = [pair for pair in message.get("headers", []) if pair[0].lower() not in names]
        message = {**message, "headers": [*theirs, *ours]}
    await send(message)
