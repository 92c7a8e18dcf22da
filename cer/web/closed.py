"""What Gradio serves and this page does not, and what every answer says to browsers."""

from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any

from cer.web.page import HEADERS

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]

CLOSED = ("/process_recording",)  # runs the server's own FFmpeg on whatever is sent, outside the decoder's limits


class Closed:
    """ASGI middleware that knows nothing of the paths in CLOSED, and adds HEADERS to every answer."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["type"] == "http" and scope["path"].rstrip("/").endswith(CLOSED):
            await _send_with_headers(send, {"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        else:
            await self.app(scope, receive, partial(_send_with_headers, send))


async def _send_with_headers(send: Callable[[Message], Awaitable[None]], message: Message) -> None:
    if message["type"] == "http.response.start":
        ours = [(name.encode(), value.encode()) for name, value in HEADERS]
        names = {name for name, _ in ours}
        theirs = [pair for pair in message.get("headers", []) if pair[0].lower() not in names]
        message = {**message, "headers": [*theirs, *ours]}
    await send(message)
