"""Turns: one clip is watched at a time, in the order in which visitors came, and each is told how many come before."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

RECENT = 10  # turns whose mean length foretells the wait


class Full(Exception):
    """As many wait already as may."""


class Turns:
    """A line of tickets, whose first one works.

    Args:
        most: tickets that may wait behind the first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._line: list[object] = []
        self._changed = Condition()
        self._seconds: deque[float] = deque(maxlen=RECENT)

    def join(self) -> object:
        """A ticket at the end of the line. Raises Full."""
        with self._changed:
            if len(self._line) > self._most:
                raise Full
            self._line.append(ticket := object())
            return ticket

    def before(self, ticket: object) -> int:
        """How many come before a ticket; none when it works, or has left."""
        with self._changed:
            return self._line.index(ticket) if ticket in self._line else 0

    def wait(self, before: int) -> float | None:
        """Seconds until so many have had their turn, as long as recent ones were; None before the first has ended."""
        recent = list(self._seconds)
        return before * sum(recent) / len(recent) if recent else None

    @contextmanager
    def turn(self, ticket: object) -> Iterator[bool]:
        """Wait until it is a ticket's turn, and leave the line afterwards. False: it has left before that."""
        with self._changed:
            self._changed.wait_for(lambda: ticket not in self._line or self._line[0] is ticket)
            has_turn = ticket in self._line
        started = time.monotonic()
        try:
            yield has_turn
        finally:
            if has_turn:
                self._seconds.append(time.monotonic() - started)
                self._leave(ticket)

    def give_up(self, ticket: object) -> None:
        """Leave the line, unless it is the ticket's turn: work that was begun ends its turn itself."""
        if self.before(ticket):
            self._leave(ticket)

    def empty(self, timeout: float) -> bool:
        """Wait, so many seconds at most, until nobody works or waits. Returns whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._line, timeout)

    def _leave(self, ticket: object) -> None:
        with self._changed:
            if ticket in self._line:
                self._line.remove(ticket)
            self._changed.notify_all()
