"""How often one visitor may ask, so that nobody keeps the machine for themselves."""

import ipaddress
import math
import os
import time
from threading import Lock

import gradio as gr

from cer.web.watching import refuse
from cer.words import say

MAX_PER_HOUR = int(os.environ.get("CER_RATE", "60"))  # clips of one visitor in an hour
HOUR = 3600.0  # seconds
_LOCAL = ("127.0.0.1", "::1", "localhost")


class Rate:
    """When each visitor asked during the last hour."""

    def __init__(self, most: int = MAX_PER_HOUR) -> None:
        self.most = most
        self._asked: dict[str, list[float]] = {}
        self._lock = Lock()

    def admit(self, visitor: str | None, clips: int = 1) -> None:
        """Note that a visitor asks for so many clips to be analyzed. Raises gr.Error for more than `most` in an hour;
        None, somebody at this very machine, is never refused.
        """
        if visitor is None:
            return
        now = time.monotonic()
        with self._lock:
            self._asked = {name: recent for name, times in self._asked.items() if (recent := _since(times, now - HOUR))}
            times = self._asked.get(visitor, [])
            if clips > self.most:
                raise refuse(say("clip.too_many", limit=self.most))
            if (excess := len(times) + clips - self.most) > 0:
                wait = (times[excess - 1] + HOUR - now) / 60  # until so many are an hour old
                raise refuse(say("clip.often", limit=self.most, minutes=max(1, math.ceil(wait))))
            self._asked[visitor] = [*times, *[now] * clips]


def _since(times: list[float], start: float) -> list[float]:
    return [time for time in times if time > start]


def visitor_of(request: gr.Request | None) -> str | None:
    """The address of the connection or, when that is a proxy on this machine or its network, the one that the proxy
    saw; None for whoever sits at this very machine.
    """
    if request is None or request.client is None:
        return None
    near, forwarded = str(request.client.host), str(request.headers.get("x-forwarded-for", ""))
    if forwarded and _private(near):  # only what the nearest proxy added is not the visitor's own word
        return forwarded.rsplit(",", maxsplit=1)[-1].strip()
    return None if near in _LOCAL else near


def _private(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return address in _LOCAL


LIMIT = Rate()
"""Of this process."""
