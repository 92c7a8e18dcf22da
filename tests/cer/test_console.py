"""What is printed ends no work: a closed pipe, an ASCII terminal, no stream at all."""

import io
import sys

import pytest

from cer.console import tolerant_output


class Closed(io.StringIO):
    """A pipe whose reader has left."""

    def write(self, text: str) -> int:
        raise BrokenPipeError

    def fileno(self) -> int:
        raise OSError


def test_a_reader_who_leaves_costs_the_words_and_not_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Closed())
    with tolerant_output():
        print("first")
        print("second")


def test_characters_that_a_terminal_lacks_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    with tolerant_output():
        print("naïve 🙂")
    assert raw.getvalue() == b"na\\xefve \\U0001f642\n"


def test_a_process_without_streams_prints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with tolerant_output():
        print("nobody reads this")
        print("nor this", file=sys.stderr)


def test_the_streams_are_put_back() -> None:
    before = sys.stdout
    with tolerant_output():
        assert sys.stdout is not before
        assert not sys.stdout.isatty()
    assert sys.stdout is before
