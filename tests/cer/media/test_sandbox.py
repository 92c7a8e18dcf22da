"""The filter as a program: what it lets pass. That a confined decoder can do nothing is in tests/safety."""

import struct
import sys
from pathlib import Path

import pytest

from cer.media import sandbox

LOAD, EQUALS, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
ALLOWED, REFUSED = 0x7FFF0000, 0x00050001


def verdict(program: bytes, architecture: int, call: int) -> int:
    """Run the Berkeley packet filter's program, as the kernel does, on one system call."""
    steps = list(struct.iter_unpack("<HBBI", program))
    memory, value, place = {0: call, 4: architecture}, 0, 0
    while True:
        code, if_true, if_false, operand = steps[place]
        place += 1
        if code == RETURN:
            return int(operand)
        if code == LOAD:
            value = memory[operand]
        elif code == EQUALS:
            place += if_true if value == operand else if_false
        else:
            assert code == AT_LEAST
            place += if_true if value >= operand else if_false


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_calls_of_the_list_are_refused_and_others_pass(machine: str) -> None:
    column = ["x86_64", "aarch64"].index(machine)
    architecture = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]
    program = sandbox._filter(machine)
    listed = {numbers[column] for numbers in sandbox._REFUSED.values()}
    outcomes = {call: verdict(program, architecture, call) for call in range(600)}
    assert {call for call, outcome in outcomes.items() if outcome == REFUSED} == listed
    assert {outcome for call, outcome in outcomes.items() if call not in listed} == {ALLOWED}


def test_another_architectures_calls_are_refused() -> None:
    read = 0
    assert verdict(sandbox._filter("x86_64"), 0x40000003, read) == REFUSED  # 32 bits
    assert verdict(sandbox._filter("x86_64"), 0xC000003E, read | 0x40000000) == REFUSED  # x32


def test_systems_other_than_linux_confine_nothing_and_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert sandbox.confine(tmp_path / "clip.mp4") == ()
