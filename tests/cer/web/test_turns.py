from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from cer.web.turns import Full, Turns

WAIT = 60.0  # seconds


def test_turns_come_in_the_order_of_the_line() -> None:
    turns, came, go = Turns(9), list[int](), Event()
    tickets = [turns.join() for _ in range(4)]
    assert [turns.before(ticket) for ticket in tickets] == [0, 1, 2, 3]

    def work(number: int) -> None:
        with turns.turn(tickets[number]) as has_turn:
            assert has_turn
            assert go.wait(WAIT)
            came.append(number)

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(work, number) for number in (2, 3, 1, 0)]
        go.set()
        for each in running:
            each.result(WAIT)
    assert came == [0, 1, 2, 3]
    assert turns.empty(WAIT)


def test_who_gives_up_lets_the_others_forward_and_has_no_turn() -> None:
    turns = Turns(9)
    first, second, third = (turns.join() for _ in range(3))
    turns.give_up(second)
    assert turns.before(third) == 1
    with turns.turn(second) as has_turn:
        assert not has_turn
    turns.give_up(first)  # it is its turn: the work ends itself
    assert turns.before(third) == 1
    with turns.turn(first) as has_turn:
        assert has_turn
    assert turns.before(third) == 0


def test_a_turn_that_fails_ends() -> None:
    turns = Turns(9)
    with pytest.raises(ValueError, match="broken"), turns.turn(turns.join()):
        raise ValueError("broken")
    assert turns.empty(WAIT)


def test_no_more_may_wait_than_are_allowed() -> None:
    turns = Turns(2)
    tickets = [turns.join() for _ in range(3)]
    with pytest.raises(Full):
        turns.join()
    turns.give_up(tickets[2])
    turns.join()


def test_the_wait_is_foretold_from_recent_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    turns, now = Turns(9), [0.0]
    monkeypatch.setattr("cer.web.turns.time.monotonic", lambda: now[0])
    assert turns.wait(1) is None
    for seconds in (2.0, 4.0):
        with turns.turn(turns.join()):
            now[0] += seconds
    assert turns.wait(2) == 6.0
