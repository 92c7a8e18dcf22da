from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest

from cer.web import handlers, programs
from cer.web.rate import HOUR, Rate, visitor_of
from tests.apart import run


def asking(host: str, **headers: str) -> Any:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return SimpleNamespace(client=SimpleNamespace(host=host), headers=fields)


def test_the_nearest_proxy_names_the_visitor_and_this_machine_is_nobody() -> None:
    assert visitor_of(asking("10.1.2.3")) == "10.1.2.3"
    assert visitor_of(asking("127.0.0.1")) is None
    assert visitor_of(None) is None
    assert visitor_of(asking("8.8.8.8", x_forwarded_for="127.0.0.1")) == "8.8.8.8"  # no proxy: his own word
    # What a visitor writes comes first, what the proxy saw comes last.
    assert visitor_of(asking("127.0.0.1", x_forwarded_for="127.0.0.1, 203.0.113.9")) == "203.0.113.9"


def test_more_than_the_limit_in_an_hour_is_refused_to_that_visitor_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("cer.web.rate.time.monotonic", lambda: now)
    limit = Rate(most=5)
    limit.admit("a", 3)
    now += HOUR / 2
    limit.admit("a", 2)
    with pytest.raises(gr.Error, match="30 minutes"):
        limit.admit("a")
    limit.admit("b", 5)
    for _ in range(99):
        limit.admit(None)
    now += HOUR / 2 + 1
    limit.admit("a", 3)
    with pytest.raises(gr.Error, match="more than 5 clips"):
        limit.admit("a")


def test_who_asks_for_many_clips_is_told_when_there_is_room_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("cer.web.rate.time.monotonic", lambda: now)
    limit = Rate(most=5)
    limit.admit("a")
    now += HOUR * 0.75
    limit.admit("a", 3)
    with pytest.raises(gr.Error, match="in 15 minutes"):
        limit.admit("a", 2)
    with pytest.raises(gr.Error, match="in 60 minutes"):
        limit.admit("a", 3)
    with pytest.raises(gr.Error, match="Choose fewer"):
        limit.admit("a", 6)


def test_the_page_asks_before_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (handlers, programs):
        monkeypatch.setattr(module, "LIMIT", Rate(most=0))
    stranger = asking("203.0.113.9")
    for ask in (
        lambda: list(handlers.analyze_one("clip.mp4", None, stranger)),
        lambda: list(handlers.analyze_many(["clip.mp4"], None, stranger)),  # type: ignore[arg-type]
        lambda: run(programs.analyze("clip.mp4", stranger)),
        lambda: run(programs.analyze_batch(["clip.mp4"], stranger)),
    ):
        with pytest.raises(gr.Error, match="more than 0 clips"):
            ask()
